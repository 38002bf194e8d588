import { createHash, timingSafeEqual } from 'node:crypto';
import type { RawDelivery, VerifiedDelivery } from '../domain/delivery.ts';
import { proven } from './proven.ts';

/** For senders that cannot sign but can send a header of our choosing: its whole value is the secret. */
export function verifySecretHeader(
  raw: RawDelivery,
  header: string,
  secrets: readonly string[],
): VerifiedDelivery | undefined {
  return isOneOf(raw.headers[header] ?? '', secrets) ? proven(raw, { signed: true, unsignedBody: true }) : undefined;
}

/** Every secret is compared, over hashes, so that neither length nor position of a difference shows in the time it takes. */
export function isOneOf(text: string, secrets: readonly string[]): boolean {
  const given = hash(text);
  let equal = false;
  for (const secret of secrets) equal = (timingSafeEqual(given, hash(secret)) && secret !== '') || equal;
  return equal;
}

/** What a header can carry as it stands: visible ASCII, with blanks inside. */
export function secretHeaderFault(secret: string): string | undefined {
  if (secret.length < 16 || secret.length > 4096)
    return 'must have 16 to 4096 characters: it is all that proves the sender';
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(secret)
    ? undefined
    : 'must be visible ASCII without blanks at its ends: it is sent as a header';
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
