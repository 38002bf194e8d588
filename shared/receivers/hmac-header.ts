import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RawDelivery, VerifiedDelivery } from '../domain/delivery.ts';
import { proven } from './proven.ts';

export interface HmacHeader {
  /** In lower case. */
  readonly header: string;
  readonly algorithm: 'sha1' | 'sha256';
  /** What stands before the MAC, e.g. `sha256=`; required where given. */
  readonly prefix?: string;
  readonly encoding?: 'hex' | 'base64';
  /** The sender's own name for this delivery, where the sender repeats it when it sends again. */
  readonly senderId?: string;
}

const macLength = { sha1: 20, sha256: 32 };

/** For senders that put an HMAC over the raw bytes into a header. All secrets are tried, always. */
export function verifyHmacHeader(
  raw: RawDelivery,
  secrets: readonly string[],
  options: HmacHeader,
): VerifiedDelivery | undefined {
  const given = readMac(raw.headers[options.header] ?? '', options);
  let equal = false;
  for (const secret of secrets) {
    const expected = createHmac(options.algorithm, secret).update(raw.body).digest();
    equal = (given !== undefined && timingSafeEqual(given, expected) && secret !== '') || equal;
  }
  return equal ? proven(raw, { signed: true, senderId: options.senderId }) : undefined;
}

/** Long enough not to be guessed offline from one signed body. */
export function hmacSecretFault(secret: string): string | undefined {
  if (secret.length < 16 || secret.length > 1024)
    return 'must have 16 to 1024 characters: it signs what the sender says';
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(secret)
    ? undefined
    : 'must be visible ASCII without blanks at its ends, so that it is the same bytes on both sides';
}

function readMac(value: string, { algorithm, prefix = '', encoding = 'hex' }: HmacHeader): Buffer | undefined {
  if (!value.startsWith(prefix)) return undefined;
  const text = value.slice(prefix.length);
  const isWritten = encoding === 'hex' ? /^[0-9a-f]+$/.test(text) : /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  const mac = Buffer.from(isWritten ? text : '', encoding);
  return mac.length === macLength[algorithm] ? mac : undefined;
}
