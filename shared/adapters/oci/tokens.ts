import { Failure } from '../../domain/failure.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { createBoundedMap } from './bounded-map.ts';
import type { Challenge } from './challenge.ts';
import { parseJson, statusFailure, transportFailure } from './faults.ts';
import { type Registry, trusts } from './registry.ts';

export type BearerChallenge = Extract<Challenge, { kind: 'bearer' }>;

export interface TokenRequest {
  readonly registry: Registry;
  readonly challenge: BearerChallenge;
  /** `repository:<path>:<actions>`. */
  readonly scope: string;
  /** An `authorization` that the registry has just refused: its token is not taken from the cache again. */
  readonly refused?: string;
}

export interface TokenAnswer {
  /** Value for `authorization`. */
  readonly authorization: string;
  readonly expiresAt: number;
  /** The realm's host, if the account's credentials were kept from it. */
  readonly withheldFrom?: string;
}

export interface Tokens {
  /** A token of the realm, cached until it expires. Failures: registryDenied, registryUnavailable, addressRefused. */
  get(request: TokenRequest): Promise<TokenAnswer>;
}

const maxTokens = 1000;
const maxAnswerBytes = 256 * 1024;
/** Distribution, "Token Authentication": what an answer without `expires_in` means. */
const defaultLifeSeconds = 60;
const maxLifeSeconds = 3600;
/** A token must outlive the request that carries it. */
const marginMs = 10_000;

/** Fetches and keeps the tokens of Bearer realms, one fetch at a time per token. */
export function createTokens(ports: { readonly outbound: Outbound; readonly clock: Clock }): Tokens {
  const cache = createBoundedMap<Promise<TokenAnswer>>(maxTokens);

  async function get(request: TokenRequest): Promise<TokenAnswer> {
    const key = cacheKey(request);
    const cached = cache.get(key);
    if (cached !== undefined) {
      const answer = await cached;
      const usable = answer.expiresAt - marginMs > ports.clock.now() && answer.authorization !== request.refused;
      if (usable) return answer;
      // Another caller may have put a newer one there meanwhile.
      if (cache.get(key) !== cached) return get(request);
    }
    const fetching = fetchToken(request);
    cache.set(key, fetching);
    fetching.catch(() => {
      if (cache.get(key) === fetching) cache.delete(key);
    });
    return fetching;
  }

  async function fetchToken(request: TokenRequest): Promise<TokenAnswer> {
    const { registry } = request;
    const url = realmUrl(request);
    const trusted = trusts(registry, url);
    const basic = registry.credentials?.kind === 'basic' ? registry.credentials.authorization : undefined;
    const what = `token for ${registry.name} from ${url.host}`;
    const answer = await ports.outbound
      .request({
        method: 'GET',
        url: url.href,
        headers: { accept: 'application/json', ...(trusted && basic !== undefined ? { authorization: basic } : {}) },
        maxBytes: maxAnswerBytes,
      })
      .catch((error: unknown) => {
        throw transportFailure(error, what);
      });
    const withheldFrom = !trusted && basic !== undefined ? url.host : undefined;
    if (answer.status !== 200) throw refusal({ ...answer, withheldFrom }, registry, what);
    return { ...readToken(answer.body, what), withheldFrom };
  }

  function refusal(answer: Parameters<typeof statusFailure>[0], registry: Registry, what: string): Failure {
    const failure = statusFailure(answer, { registry, what, missing: 'manifestUnknown' }, ports.clock.now());
    // A realm that does not know the account or the scope says so in many ways; none of them is about a manifest.
    if (failure.code === 'registryUnavailable' && failure.retryable) return failure;
    return new Failure('registryDenied', failure.message, { details: failure.details });
  }

  function readToken(body: Uint8Array, what: string): Omit<TokenAnswer, 'withheldFrom'> {
    const fields = parseJson(body);
    const token = isJsonObject(fields) ? (fields.token ?? fields.access_token) : undefined;
    const life = isJsonObject(fields) ? fields.expires_in : undefined;
    if (typeof token !== 'string' || !/^[\x21-\x7e]{1,65536}$/.test(token)) {
      throw new Failure('registryDenied', `${what}: the answer holds no token`);
    }
    const seconds = typeof life === 'number' && life > 0 ? Math.min(life, maxLifeSeconds) : defaultLifeSeconds;
    return { authorization: `Bearer ${token}`, expiresAt: ports.clock.now() + seconds * 1000 };
  }

  return { get };
}

function cacheKey({ registry, challenge, scope }: TokenRequest): string {
  return JSON.stringify([registry.origin, registry.accountKey, challenge.realm, challenge.service ?? '', scope]);
}

/** Failure registryDenied for a realm that a token may not be fetched from. */
function realmUrl({ registry, challenge, scope }: TokenRequest): URL {
  const url = new URL(challenge.realm);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && registry.insecure)) {
    throw new Failure('registryDenied', `${registry.name} names a token realm that is not https`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new Failure('registryDenied', `${registry.name} names a token realm with credentials in its URL`);
  }
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service);
  // Some registries know only a scope of their own (public.ecr.aws: `aws`), so both are asked for.
  const scopes = new Set([scope, ...(challenge.scope === undefined ? [] : [challenge.scope])]);
  for (const wanted of scopes) url.searchParams.append('scope', wanted);
  return url;
}
