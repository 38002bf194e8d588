import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import type { RawDelivery } from '../domain/delivery.ts';

/** A JWT as sent (RFC 7515, compact); nothing in it is believed before its signature. */
export interface BearerToken {
  readonly keyId: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The bytes that are signed. */
  readonly signed: string;
  readonly signature: Buffer;
}

const maxToken = 16 * 1024;
/** A header that has to be understood (`crit`) is not. */
const Header = z.object({ alg: z.literal('RS256'), kid: z.string().max(256), crit: z.never().optional() });
const Claims = z.record(z.string(), z.unknown());
const Jwks = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(100) });

/** Undefined unless it is a token signed by RS256: `none` and HMAC are not asked about. */
export function bearerToken(raw: RawDelivery): BearerToken | undefined {
  const given = /^Bearer ([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/i.exec(raw.headers.authorization ?? '');
  const [whole, head = '', body = '', signature = ''] = given ?? [];
  if (whole === undefined || whole.length > maxToken) return undefined;
  const header = Header.safeParse(decoded(head));
  const claims = Claims.safeParse(decoded(body));
  if (!header.success || !claims.success) return undefined;
  const bytes = Buffer.from(signature, 'base64url');
  // Unused bits in the last sign would make other tokens of the same bytes.
  if (bytes.toString('base64url') !== signature) return undefined;
  return { keyId: header.data.kid, claims: claims.data, signed: `${head}.${body}`, signature: bytes };
}

/** Whether the key that the token names, of a JWKS (RFC 7517), signed it. */
export function verifyRs256(token: BearerToken, jwks: Uint8Array): boolean {
  const key = keysOf(jwks).get(token.keyId);
  return key !== undefined && verify('RSA-SHA256', Buffer.from(token.signed), key, token.signature);
}

/** Reading keys costs far more than using one; the same bytes come again for as long as they are kept. */
const readKeys = new WeakMap<Uint8Array, ReadonlyMap<string, KeyObject>>();

function keysOf(jwks: Uint8Array): ReadonlyMap<string, KeyObject> {
  const known = readKeys.get(jwks) ?? parseKeys(jwks);
  readKeys.set(jwks, known);
  return known;
}

function parseKeys(jwks: Uint8Array): ReadonlyMap<string, KeyObject> {
  const keys = new Map<string, KeyObject>();
  const read = Jwks.safeParse(parsed(new TextDecoder().decode(jwks)));
  for (const jwk of read.success ? read.data.keys : []) {
    const isFit = jwk.kty === 'RSA' && (jwk.use ?? 'sig') === 'sig' && (jwk.alg ?? 'RS256') === 'RS256';
    const key = isFit ? publicKey(jwk) : undefined;
    if (key !== undefined && typeof jwk.kid === 'string') keys.set(jwk.kid, key);
  }
  return keys;
}

function publicKey({ n, e }: Readonly<Record<string, unknown>>): KeyObject | undefined {
  if (typeof n !== 'string' || typeof e !== 'string') return undefined;
  try {
    const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048 ? key : undefined;
  } catch {
    return undefined;
  }
}

function decoded(part: string): unknown {
  return parsed(Buffer.from(part, 'base64url').toString('utf8'));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
