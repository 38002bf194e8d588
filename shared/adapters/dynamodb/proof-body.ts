import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';

/** A proof as it is stored: whole, or with its payload as text beside it. */
export interface ProofBody {
  readonly envelope: JsonObject | string;
  /** What `envelope.payload` holds in base64. */
  readonly payload?: string;
}

/**
 * An envelope's payload is the statement in base64, in which packing finds nothing that repeats. So it is stored as text,
 * if the very same envelope comes out of it again: a reader must get the bytes that were signed.
 */
export function proofBody(envelope: string): ProofBody {
  const parsed = parseJson(envelope);
  if (isJsonObject(parsed) && typeof parsed.payload === 'string') {
    const body = {
      envelope: { ...parsed, payload: '' },
      payload: Buffer.from(parsed.payload, 'base64').toString('utf8'),
    };
    if (proofEnvelope(body) === envelope) return body;
  }
  return { envelope };
}

/** The envelope's JSON text, as it was given. */
export function proofEnvelope({ envelope, payload }: ProofBody): string {
  if (typeof envelope === 'string') return envelope;
  if (payload === undefined) return JSON.stringify(envelope);
  return JSON.stringify({ ...envelope, payload: Buffer.from(payload, 'utf8').toString('base64') });
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
