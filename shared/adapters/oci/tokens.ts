import { Failure } from '../../domain/failure.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { type BoundedMap, createBoundedMap } from './bounded-map.ts';
import type { Challenge } from './challenge.ts';
import { type Asked, parseJson, type RefusedAnswer, statusFailure, transportFailure } from './faults.ts';
import { type Registry, trusts } from './registry.ts';

type BearerChallenge = Extract<Challenge, { kind: 'bearer' }>;

interface TokenRequest {
  readonly registry: Registry;
  readonly challenge: BearerChallenge;
  /** `repository:<path>:<actions>`, several with a space between them. */
  readonly scope: string;
  /** An `authorization` that the registry has just refused: its token is not taken from the cache again. */
  readonly refused?: string;
}

interface TokenAnswer {
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

interface Context {
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly cache: BoundedMap<Promise<TokenAnswer>>;
}

/** Fetches and keeps the tokens of Bearer realms, one fetch at a time per token. */
export function createTokens(ports: { readonly outbound: Outbound; readonly clock: Clock }): Tokens {
  const context = { ...ports, cache: createBoundedMap<Promise<TokenAnswer>>(maxTokens) };
  return { get: (request) => getToken(context, request) };
}

async function getToken(context: Context, request: TokenRequest): Promise<TokenAnswer> {
  const { cache, clock } = context;
  const key = cacheKey(request);
  const cached = cache.get(key);
  if (cached !== undefined) {
    const answer = await cached;
    if (answer.expiresAt - marginMs > clock.now() && answer.authorization !== request.refused) return answer;
    // Another caller may have put a newer one there meanwhile.
    if (cache.get(key) !== cached) return getToken(context, request);
  }
  const fetching = fetchToken(context, request);
  cache.set(key, fetching);
  fetching.catch(() => {
    if (cache.get(key) === fetching) cache.delete(key);
  });
  return fetching;
}

async function fetchToken({ outbound, clock }: Context, request: TokenRequest): Promise<TokenAnswer> {
  const { registry } = request;
  const url = realmUrl(request);
  const basic = registry.credentials?.kind === 'basic' ? registry.credentials.authorization : undefined;
  const trusted = trusts(registry, url);
  const what = `token for ${registry.name} from ${url.host}`;
  const headers = { accept: 'application/json' };
  const answer = await outbound
    .request({
      method: 'GET',
      url: url.href,
      headers: trusted && basic !== undefined ? { ...headers, authorization: basic } : headers,
      maxBytes: maxAnswerBytes,
    })
    .catch((error: unknown) => {
      throw transportFailure(error, what);
    });
  const withheldFrom = !trusted && basic !== undefined ? url.host : undefined;
  if (answer.status !== 200)
    throw refusal(
      { ...answer, withheldFrom },
      { registry, what, realm: url.host, missing: 'manifestUnknown' },
      clock.now(),
    );
  return { ...readToken(answer.body, what, clock.now()), withheldFrom };
}

function refusal(answer: RefusedAnswer, asked: Asked, now: number): Failure {
  const failure = statusFailure(answer, asked, now);
  // A realm that does not know the account or the scope says so in many ways; none of them is about a manifest.
  if (failure.code === 'registryUnavailable' && failure.retryable) return failure;
  const code = failure.code === 'accountNotPermitted' ? failure.code : 'registryDenied';
  return new Failure(code, failure.message, { details: failure.details });
}

function readToken(body: Uint8Array, what: string, now: number): Omit<TokenAnswer, 'withheldFrom'> {
  const fields = parseJson(body);
  const token = isJsonObject(fields) ? (fields.token ?? fields.access_token) : undefined;
  const life = isJsonObject(fields) ? fields.expires_in : undefined;
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,65536}$/.test(token)) {
    throw new Failure('registryDenied', `${what}: the answer holds no token`);
  }
  const seconds = typeof life === 'number' && life > 0 ? Math.min(life, maxLifeSeconds) : defaultLifeSeconds;
  return { authorization: `Bearer ${token}`, expiresAt: now + seconds * 1000 };
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
  const scopes = new Set([...scope.split(' '), ...(challenge.scope === undefined ? [] : [challenge.scope])]);
  for (const wanted of scopes) url.searchParams.append('scope', wanted);
  return url;
}
