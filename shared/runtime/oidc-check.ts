import type { FetchImplementation, JWTPayload, JWTVerifyGetKey } from 'jose';
import type { Caller } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';
import type { OidcSettings } from './access-settings.ts';

type OidcPorts = Pick<Ports, 'outbound' | 'clock' | 'log'>;

/** Asymmetric only: a symmetric algorithm would make the issuer's public key a secret. */
const algorithms = ['RS256', 'ES256'];
const longestDocument = 256 * 1024;
const longestExchange = 5_000;
/** The issuer's document and keys are asked for again after an hour; an unknown key id asks at once, at most every 30 s. */
const keysMaxAge = 3_600_000;

/** Checks JWTs of one issuer: signature, issuer, audience, times. The subject is issuer and `sub`, the groups those of the claim. */
export function createOidcCheck(
  ports: OidcPorts,
  settings: OidcSettings,
): (jwt: string) => Promise<Caller | undefined> {
  const keys = createKeys(ports, settings.issuer);
  return async (jwt) => {
    if (jwt.split('.').length !== 3) return undefined;
    const { jwtVerify } = await import('jose');
    try {
      const { payload } = await jwtVerify(jwt, await keys(), {
        algorithms,
        issuer: settings.issuer,
        audience: settings.audience,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: 30,
        currentDate: new Date(ports.clock.now()),
      });
      return callerOf(payload, settings);
    } catch (error) {
      ports.log.warn('a JWT was refused', { reason: error instanceof Error ? error.name : 'unknown' });
      return undefined;
    }
  };
}

function callerOf(payload: JWTPayload, settings: OidcSettings): Caller | undefined {
  if (typeof payload.sub !== 'string' || payload.sub === '') return undefined;
  return { subject: `${settings.issuer} ${payload.sub}`, groups: groupsOf(payload[settings.groupsClaim]) };
}

function groupsOf(claim: unknown): readonly string[] {
  const groups: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return groups.filter((group): group is string => typeof group === 'string' && group !== '');
}

type Keys = () => Promise<JWTVerifyGetKey>;

/** Where the keys are is what the issuer's own document says (OpenID Connect Discovery 1.0, section 4). */
function createKeys(ports: OidcPorts, issuer: string): Keys {
  let known: { readonly at: number; readonly keys: Promise<JWTVerifyGetKey> } | undefined;
  return () => {
    const now = ports.clock.now();
    if (known !== undefined && now - known.at < keysMaxAge) return known.keys;
    const entry = { at: now, keys: discover(ports, issuer) };
    known = entry;
    entry.keys.catch(() => {
      if (known === entry) known = undefined;
    });
    return entry.keys;
  };
}

async function discover(ports: OidcPorts, issuer: string): Promise<JWTVerifyGetKey> {
  const answer = await ports.outbound.request({
    method: 'GET',
    url: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    timeoutMs: longestExchange,
    maxBytes: longestDocument,
  });
  const document: unknown = answer.status === 200 ? JSON.parse(new TextDecoder().decode(answer.body)) : undefined;
  if (!isDiscovery(document) || document.issuer !== issuer) throw new Error('The issuer has no discovery document.');
  const { createRemoteJWKSet, customFetch } = await import('jose');
  return createRemoteJWKSet(new URL(document.jwks_uri), {
    cacheMaxAge: keysMaxAge,
    timeoutDuration: longestExchange,
    [customFetch]: outboundFetch(ports),
  });
}

function isDiscovery(value: unknown): value is { readonly issuer: string; readonly jwks_uri: string } {
  if (typeof value !== 'object' || value === null) return false;
  const document: { readonly issuer?: unknown; readonly jwks_uri?: unknown } = value;
  return (
    typeof document.issuer === 'string' && typeof document.jwks_uri === 'string' && URL.canParse(document.jwks_uri)
  );
}

/** jose's fetch through the one door out, which refuses private addresses and bounds what comes back. */
function outboundFetch({ outbound }: OidcPorts): FetchImplementation {
  return async (url) => {
    const answer = await outbound.request({
      method: 'GET',
      url,
      timeoutMs: longestExchange,
      maxBytes: longestDocument,
      maxRedirects: 0,
    });
    return new Response(new Uint8Array(answer.body), { status: answer.status });
  };
}
