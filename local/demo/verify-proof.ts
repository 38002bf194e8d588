import { createHash, createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../shared/domain/canonical-json.ts';

/** https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
export const envelope = z.object({
  payload: z.string(),
  payloadType: z.literal('application/vnd.in-toto+json'),
  signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })).min(1),
});
export type Envelope = z.infer<typeof envelope>;

const statement = z.object({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  predicateType: z.literal('https://waybill.dev/promotion/v1'),
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256: z.string() }) })),
  predicate: z.object({
    executionId: z.string(),
    evidence: z.array(z.record(z.string(), z.json())),
    environments: z.array(
      z.object({ name: z.string(), pipeline: z.string(), step: z.string(), wanted: z.string(), observed: z.string() }),
    ),
  }),
});
export type Statement = z.infer<typeof statement>;

/**
 * What an auditor does with a proof, a public key and nothing else: the signature over the bytes, then the chain through the
 * evidence. Undefined if either does not hold.
 */
export function verifyProof({ payload, payloadType, signatures }: Envelope, pem: string): Statement | undefined {
  const bytes = Buffer.from(payload, 'base64');
  const header = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${bytes.length} `;
  const signed = Buffer.concat([Buffer.from(header), bytes]);
  const key = createPublicKey(pem);
  if (!signatures.some(({ sig }) => verify('sha256', signed, key, Buffer.from(sig, 'base64')))) return undefined;
  const read = statement.parse(JSON.parse(bytes.toString('utf8')));
  return isChained(read.predicate.evidence) ? read : undefined;
}

/** Every piece names the hash of the one before it, so none can be taken out or changed later. */
function isChained(evidence: Statement['predicate']['evidence']): boolean {
  let previous: string | null = null;
  for (const piece of evidence) {
    if (piece.previous !== previous) return false;
    previous = createHash('sha256').update(canonicalJson(piece)).digest('hex');
  }
  return evidence.length > 0;
}
