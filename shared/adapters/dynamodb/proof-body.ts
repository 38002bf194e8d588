import { canonicalJson } from '../../domain/canonical-json.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { linkEntries } from '../../domain/proof.ts';
import { sha256 } from './key.ts';

/** A proof as it is stored: whole, or with what its payload says in a form that packs well. */
export interface ProofBody {
  readonly envelope: JsonObject | string;
  /** What `envelope.payload` holds in base64. */
  readonly payload?: string;
  /** The same as JSON, without the hashes that chain its evidence. */
  readonly statement?: JsonObject;
}

/**
 * An envelope's payload is the statement in base64, in which packing finds nothing that repeats, and no hash packs at all. So
 * the statement is stored as JSON and its chain is made anew, if the very same envelope comes out of it again: a reader must
 * get the bytes that were signed.
 */
export function proofBody(envelope: string): ProofBody {
  const parsed = parseJson(envelope);
  if (!isJsonObject(parsed) || typeof parsed.payload !== 'string') return { envelope };
  const payload = Buffer.from(parsed.payload, 'base64').toString('utf8');
  const empty = { ...parsed, payload: '' };
  const statement = parseJson(payload);
  const bodies: readonly ProofBody[] = [
    ...(isJsonObject(statement) ? [{ envelope: empty, statement: withEvidence(statement, unlinked) }] : []),
    { envelope: empty, payload },
  ];
  return bodies.find((body) => proofEnvelope(body) === envelope) ?? { envelope };
}

/** The envelope's JSON text, as it was given. */
export function proofEnvelope({ envelope, payload, statement }: ProofBody): string {
  if (typeof envelope === 'string') return envelope;
  const text =
    statement === undefined
      ? payload
      : canonicalJson(withEvidence(statement, (entries) => linkEntries(entries, sha256)));
  if (text === undefined) return JSON.stringify(envelope);
  return JSON.stringify({ ...envelope, payload: Buffer.from(text, 'utf8').toString('base64') });
}

function withEvidence(
  statement: JsonObject,
  change: (entries: readonly JsonObject[]) => readonly JsonObject[],
): JsonObject {
  const { predicate } = statement;
  if (!isJsonObject(predicate) || !Array.isArray(predicate.evidence)) return statement;
  return { ...statement, predicate: { ...predicate, evidence: change(predicate.evidence.filter(isJsonObject)) } };
}

function unlinked(entries: readonly JsonObject[]): readonly JsonObject[] {
  return entries.map(({ previous: _, ...entry }) => entry);
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
