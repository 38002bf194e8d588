import type { Clock } from '../../ports/clock.ts';
import type { Outbound } from '../../ports/outbound.ts';
import type { Asker, RegistryAccounts } from '../../ports/registry-client.ts';
import { type BoundedMap, createBoundedMap } from './bounded-map.ts';
import { type Challenge, chooseChallenge } from './challenge.ts';
import { type Asked, type RefusedAnswer, statusFailure, transportFailure } from './faults.ts';
import { findRegistry, type Registry } from './registry.ts';
import { createTokens, type Tokens } from './tokens.ts';

export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Host as repositories write it. */
  readonly host: string;
  /** Repository without its host. */
  readonly path: string;
  /** After `/v2/<path>/`; from `/` on, the whole path and query at the registry. */
  readonly route: string;
  /** Path of another repository that is read for it. */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly what: string;
  readonly missing: Asked['missing'];
  readonly asker?: Asker;
}

interface CallAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** The account that was used, where not every pipeline may use it. */
  readonly account?: string;
}

/** Calls registries with the authorization that they ask for. */
export interface Transport {
  /** The answer of a call that succeeded, with 200 or, for writes, another 2xx; any other is a Failure as in the port. */
  call(call: Call): Promise<CallAnswer>;
}

export interface TransportPorts {
  readonly outbound: Outbound;
  readonly accounts: RegistryAccounts;
  readonly clock: Clock;
}

interface Context extends TransportPorts {
  readonly tokens: Tokens;
  /** By origin: so that only the first call to a registry has to be refused. */
  readonly challenges: BoundedMap<Challenge>;
}

type Streamed = Awaited<ReturnType<Outbound['stream']>>;

interface Authorization {
  readonly value?: string;
  readonly withheldFrom?: string;
}

const maxRegistries = 256;
/** As much of an error's body as is read to find its code. */
const maxErrorBytes = 64 * 1024;

/** A transport that remembers what each registry asked for, and its tokens. */
export function createTransport(ports: TransportPorts): Transport {
  const context = { ...ports, tokens: createTokens(ports), challenges: createBoundedMap<Challenge>(maxRegistries) };
  return { call: (wanted) => call(context, wanted) };
}

/** Asks with what is known, and once more with what a 401 says: never a third time, whatever the registry answers. */
async function call(context: Context, wanted: Call): Promise<CallAnswer> {
  const registry = await findRegistry(wanted.host, context.accounts, wanted.asker);
  const fail = (answer: RefusedAnswer) =>
    statusFailure(answer, { registry, what: wanted.what, missing: wanted.missing }, context.clock.now());
  const known = context.challenges.get(registry.origin);
  const first = known === undefined ? {} : await authorize(context, registry, { wanted, challenge: known });
  const answer = await send(context, registry, { wanted, authorization: first.value });
  if (isSuccess(wanted, answer)) return answerOf(answer, registry, wanted);
  const refused = await refusedAnswer(answer, first, wanted);
  const challenge = challengeOf(answer, registry);
  if (challenge === undefined) throw fail(refused);
  context.challenges.set(registry.origin, challenge);
  const second = await authorize(context, registry, { wanted, challenge, refused: first.value });
  if (second.value === undefined || second.value === first.value) {
    throw fail({ ...refused, withheldFrom: second.withheldFrom });
  }
  const last = await send(context, registry, { wanted, authorization: second.value });
  if (isSuccess(wanted, last)) return answerOf(last, registry, wanted);
  throw fail(await refusedAnswer(last, second, wanted));
}

async function authorize(
  context: Context,
  registry: Registry,
  asked: { readonly wanted: Call; readonly challenge: Challenge; readonly refused?: string },
): Promise<Authorization> {
  const { credentials } = registry;
  const { challenge, wanted } = asked;
  if (challenge.kind === 'basic')
    return { value: credentials?.kind === 'basic' ? credentials.authorization : undefined };
  if (credentials?.kind === 'bearer') return { value: credentials.authorization };
  const own = `repository:${wanted.path}:${isWrite(wanted) ? 'pull,push' : 'pull'}`;
  const scope = wanted.from === undefined ? own : `${own} repository:${wanted.from}:pull`;
  const token = await context.tokens.get({ registry, challenge, scope, refused: asked.refused });
  return { value: token.authorization, withheldFrom: token.withheldFrom };
}

function send(
  context: Context,
  registry: Registry,
  asked: { readonly wanted: Call; readonly authorization?: string },
): Promise<Streamed> {
  const { method, path, route, headers, body, maxBytes, timeoutMs, what } = asked.wanted;
  const { authorization } = asked;
  return context.outbound
    .stream({
      method,
      url: `${registry.origin}${route.startsWith('/') ? route : `/v2/${path}/${route}`}`,
      headers: authorization === undefined ? headers : { ...headers, authorization },
      body,
      maxBytes,
      timeoutMs,
      // A write that is sent elsewhere is not the write that was asked for.
      maxRedirects: isWrite(asked.wanted) ? 0 : undefined,
    })
    .catch((error: unknown) => {
      throw transportFailure(error, what);
    });
}

/** What is done to an upload, asking how far it is included, is pushing. */
function isWrite({ method, route }: Call): boolean {
  return (method !== 'GET' && method !== 'HEAD') || route.startsWith('/');
}

function isSuccess(wanted: Call, { status }: Streamed): boolean {
  if (status === 200) return true;
  return isWrite(wanted) ? [201, 202, 204].includes(status) : status === 206 && wanted.headers?.range !== undefined;
}

/** Only the registry's own 401 counts: a host that it redirected to may not ask for credentials in its name. */
function challengeOf(answer: Streamed, registry: Registry): Challenge | undefined {
  if (answer.status !== 401 || new URL(answer.url).origin !== new URL(registry.origin).origin) return undefined;
  return chooseChallenge(answer.headers['www-authenticate']);
}

function answerOf(answer: Streamed, registry: Registry, { what }: Call): CallAnswer {
  return {
    status: answer.status,
    headers: answer.headers,
    body: translated(answer.body, what),
    account: registry.restrictedTo,
  };
}

async function* translated(body: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw transportFailure(error, what);
  }
}

async function refusedAnswer(answer: Streamed, asked: Authorization, { what }: Call): Promise<RefusedAnswer> {
  const { status, headers } = answer;
  return { status, headers, body: await readStart(translated(answer.body, what)), withheldFrom: asked.withheldFrom };
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let read = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    read += chunk.byteLength;
    if (read >= maxErrorBytes) break;
  }
  return Buffer.concat(chunks);
}
