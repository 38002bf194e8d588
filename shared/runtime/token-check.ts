import { timingSafeEqual } from 'node:crypto';
import { adminGroup, type Caller } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import type { AccessSettings } from './access-settings.ts';
import { HttpProblem } from './http-problem.ts';
import { createOidcCheck } from './oidc-check.ts';

type TokenPorts = Pick<Ports, 'tokens' | 'clock' | 'sha256' | 'outbound' | 'log'>;

/** A token's text to who it speaks for; undefined for every token that is not good, whatever the reason. */
export type TokenCheck = (token: string) => Promise<Caller | undefined>;

/** Longer texts are no token: neither ours nor a JWT that any issuer makes. */
const longestToken = 16_384;

/** Knows the admin token, our own `wb_…` tokens, and JWTs of the configured issuer. */
export function createTokenCheck(ports: TokenPorts, settings: AccessSettings): TokenCheck {
  const isAdminToken = createAdminCheck(ports, settings.adminToken);
  const oidc = settings.oidc === undefined ? undefined : createOidcCheck(ports, settings.oidc);
  return async (token) => {
    if (token.length === 0 || token.length > longestToken) return undefined;
    if (isAdminToken(token)) return { subject: 'admin', groups: [adminGroup] };
    if (token.startsWith('wb_')) return ownToken(ports, token);
    return oidc?.(token);
  };
}

/** Compared as hashes: equal lengths, constant time. */
function createAdminCheck({ sha256 }: TokenPorts, adminToken: string | undefined): (token: string) => boolean {
  if (adminToken === undefined) return () => false;
  const expected = Buffer.from(sha256(adminToken));
  return (token) => timingSafeEqual(Buffer.from(sha256(token)), expected);
}

async function ownToken(ports: TokenPorts, token: string): Promise<Caller | undefined> {
  const found = await ports.tokens.findByHash(ports.sha256(token));
  if (found === undefined) return undefined;
  if (found.expiresAt !== undefined && found.expiresAt <= ports.clock.now()) return undefined;
  return { subject: found.subject, groups: found.groups };
}

/** The caller of a request by its Authorization header; 401 that says no more than that. */
export async function requireCaller(check: TokenCheck, authorization: string | undefined): Promise<Caller> {
  const token = bearerToken(authorization);
  const caller = token === undefined ? undefined : await check(token);
  if (caller === undefined) throw unauthorized(token !== undefined);
  return caller;
}

/**
 * RFC 6750, section 2.1; the scheme's case does not count. All that follows it is the token: an admin token may be any text
 * (ruling 13), spaces within it included.
 */
export function bearerToken(authorization: string | undefined): string | undefined {
  const text = authorization ?? '';
  const token = /^bearer +/i.test(text) ? text.slice('bearer'.length).trim() : '';
  return token === '' ? undefined : token;
}

function unauthorized(hadToken: boolean): HttpProblem {
  const detail = hadToken
    ? 'The token is unknown, expired or not for this service. Get another one from an admin or your identity provider.'
    : 'This needs a token: send the header Authorization: Bearer <token>.';
  return new HttpProblem(401, hadToken ? 'badToken' : 'noToken', detail, {
    headers: { 'www-authenticate': hadToken ? 'Bearer error="invalid_token"' : 'Bearer' },
  });
}
