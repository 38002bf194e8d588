import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { RawDelivery, VerifiedDelivery } from '../domain/delivery.ts';
import { proven } from './proven.ts';

/** Tolerance of the reference library, either way. */
const toleranceMs = 300_000;
/** More signatures than this in one header are nobody's rotation. */
const maxSignatures = 16;

/**
 * Standard Webhooks 1.0.0, `v1` (HMAC-SHA256 over `<id>.<timestamp>.<body>`). The header may list several signatures, and two
 * secrets may live at once; all pairs are tried, always. `webhook-id` is the same over retries, so it becomes the sender's id.
 */
export function verifyStandardWebhook(
  raw: RawDelivery,
  secrets: readonly string[],
  now: number,
): VerifiedDelivery | undefined {
  const id = raw.headers['webhook-id'] ?? '';
  const timestamp = raw.headers['webhook-timestamp'] ?? '';
  const signatures = v1Signatures(raw.headers['webhook-signature'] ?? '');
  // An id with a dot could move the border between id and timestamp.
  const wellFormed = /^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id) && /^[0-9]{1,12}$/.test(timestamp);
  if (!wellFormed || Math.abs(now - Number(timestamp) * 1000) > toleranceMs) return undefined;
  let equal = false;
  for (const key of secrets.flatMap((secret) => knownKey(secret) ?? [])) {
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(raw.body).digest();
    for (const given of signatures) equal = timingSafeEqual(given, expected) || equal;
  }
  return equal ? proven(raw, { signed: true, senderId: id }) : undefined;
}

const mostKnownKeys = 1_000;
const knownKeys = new Map<string, KeyObject>();

/** Reading a secret and preparing its key takes longer than the signature over a small body. */
function knownKey(secret: string): KeyObject | undefined {
  const known = knownKeys.get(secret);
  if (known !== undefined) return known;
  const bytes = webhookKey(secret);
  if (bytes === undefined) return undefined;
  const key = createSecretKey(bytes);
  if (knownKeys.size >= mostKnownKeys) knownKeys.clear();
  knownKeys.set(secret, key);
  return key;
}

/** Why a secret is not one of Standard Webhooks; undefined = it is. */
export function webhookSecretFault(secret: string): string | undefined {
  return webhookKey(secret) === undefined ? 'must be whsec_ and the base64 of 24 to 64 bytes' : undefined;
}

function webhookKey(secret: string): Buffer | undefined {
  const text = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  const key = Buffer.from(text ?? '', 'base64');
  // Unpadded base64 is common in hand-made secrets and means the same bytes; anything else that does not print back is refused.
  const same = text !== undefined && key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  return same && key.length >= 24 && key.length <= 64 ? key : undefined;
}

function v1Signatures(header: string): readonly Buffer[] {
  return header
    .split(' ', maxSignatures)
    .filter((entry) => entry.startsWith('v1,'))
    .map((entry) => Buffer.from(entry.slice('v1,'.length), 'base64'))
    .filter((signature) => signature.length === 32);
}
