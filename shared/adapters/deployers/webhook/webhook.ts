import { stepInputs } from '../../../contracts/step-inputs.ts';
import type { Account, AccountSecret } from '../../../domain/account.ts';
import { artifactDigest } from '../../../domain/artifact-identity.ts';
import { parseDuration } from '../../../domain/duration.ts';
import type { PublishedArtifact } from '../../../domain/execution.ts';
import { Failure } from '../../../domain/failure.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import type { Outbound, OutboundRequest } from '../../../ports/outbound.ts';
import { authorization, checkHost, standardSignature } from './credentials.ts';
import { quoteAnswer } from './quote-answer.ts';

export interface WebhookAccount {
  readonly account: Account;
  readonly secret: AccountSecret;
}

export interface WebhookOptions {
  readonly outbound: Outbound;
  /** The account of that name, if there is one and pipelines of that name may use it. */
  account(name: string, pipeline: string): Promise<WebhookAccount | undefined>;
  /** Where this service is reached from outside, no trailing slash. */
  readonly publicUrl: string;
  /** HMAC-SHA256 hex under the service's own secret (ruling 21). */
  mac(data: string): Promise<string>;
  readonly clock: Clock;
}

/** Beyond the answer's status only a little of it is ever looked at. */
const quotedBytes = 2048;
const maxBodyBytes = 1024 * 1024;

/**
 * The step `webhook`: one POST per step and attempt, with `webhook-id` = the idempotency key however often it is sent. Without
 * `wait` a 2xx ends it, and nothing is observed; with `wait` its callback does. What may pass (network, 408, 425, 429, 5xx) is
 * answered `poll`. Failures: invalidInput, accountNotPermitted, addressRefused, outboundRefused.
 */
export function createWebhookDeployer(options: WebhookOptions): Deployer {
  return {
    kind: 'webhook',
    async run(request) {
      const input = parseInput(request.with);
      const wait = input.wait && waiting(request, input.wait.timeout);
      if (wait !== undefined && request.memory?.sent === true) return wait;
      const call = await prepare(options, request, input);
      const answer = await send(options.outbound, call);
      if (answer.kind !== 'taken') return answer;
      return wait ?? { kind: 'done', artifacts: published(request) };
    },
  };
}

interface Input {
  readonly url: string;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
  readonly account?: string;
  readonly wait?: { readonly timeout: string };
}

function parseInput(given: JsonObject): Input {
  const read = stepInputs.webhook.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Failure('invalidInput', `with.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not sound'}`);
  }
  if (!URL.canParse(read.data.url)) throw new Failure('invalidInput', 'with.url: is no URL once its variables are in');
  return read.data;
}

function waiting(request: StepRequest, timeout: string): Extract<StepAnswer, { kind: 'wait' }> {
  const until = request.startedAt + (parseDuration(timeout) ?? 0);
  return { kind: 'wait', why: 'callback', until, memory: { sent: true } };
}

interface PreparedCall {
  readonly request: OutboundRequest;
  /** Texts that must not be repeated from an answer. */
  readonly confidential: readonly string[];
}

async function prepare(options: WebhookOptions, request: StepRequest, input: Input): Promise<PreparedCall> {
  const url = new URL(input.url);
  const found = input.account === undefined ? undefined : await findAccount(options, input.account, request.pipeline);
  if (found !== undefined) checkHost(found.account, url);
  const body = bodyText(request, input.body);
  const token = input.wait === undefined ? undefined : await options.mac(request.key);
  const timestamp = String(Math.floor(options.clock.now() / 1000));
  const { secret } = found?.account.type === 'webhook' ? found.secret : { secret: undefined };
  const own: Readonly<Record<string, string>> = {
    'webhook-id': request.key,
    'webhook-timestamp': timestamp,
    ...(secret === undefined
      ? {}
      : { 'webhook-signature': standardSignature(secret, `${request.key}.${timestamp}.${body}`) }),
    ...(token === undefined ? {} : { 'waybill-callback': `${options.publicUrl}/v1/callbacks/${token}` }),
    ...(found === undefined ? {} : authorization(found)),
  };
  const type = typeof input.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  const headers: Readonly<Record<string, string>> = {
    'content-type': type,
    ...lowerCased(input.headers ?? {}),
    ...own,
  };
  const secrets = Object.values(found?.secret ?? {}).filter((value) => typeof value === 'string');
  const proofs = [headers.authorization, headers['webhook-signature'], ...Object.values(input.headers ?? {})];
  return {
    request: { method: 'POST', url: url.href, headers, body, maxRedirects: 0 },
    confidential: [...secrets, ...(token === undefined ? [] : [token]), ...proofs.flatMap(wholeAndLastPart)],
  };
}

/** Of `Basic abc` and `v1,abc` also the `abc`, which a target may repeat without its scheme. */
function wholeAndLastPart(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value, value.split(/[ ,]/).at(-1) ?? ''];
}

async function findAccount(options: WebhookOptions, name: string, pipeline: string): Promise<WebhookAccount> {
  const found = await options.account(name, pipeline);
  if (found !== undefined) return found;
  throw new Failure('accountNotPermitted', `there is no account ${name} that pipeline ${pipeline} may use`);
}

/** A text goes out as it is, so that any form can be sent; everything else as JSON. */
function bodyText(request: StepRequest, given: Json | undefined): string {
  const { executionId, pipeline, stage, job, step, attempt } = request;
  const standard = { executionId, pipeline, stage, job, step, attempt, artifacts: request.artifacts };
  const text = typeof given === 'string' ? given : JSON.stringify(given === undefined ? standard : given);
  if (Buffer.byteLength(text) > maxBodyBytes)
    throw new Failure('tooLarge', `the body has more than ${maxBodyBytes} bytes`);
  return text;
}

function lowerCased(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

type SendResult = { readonly kind: 'taken' } | Extract<StepAnswer, { kind: 'failed' | 'poll' }>;

async function send(outbound: Outbound, call: PreparedCall): Promise<SendResult> {
  try {
    const answer = await outbound.stream(call.request);
    const text = await readStart(answer.body);
    if (answer.status >= 200 && answer.status < 300) return { kind: 'taken' };
    if (isPassing(answer.status)) return { kind: 'poll', memory: { lastStatus: answer.status } };
    return refused(call, answer.status, text);
  } catch (error) {
    if (!(error instanceof Failure) || !error.retryable) throw error;
    return { kind: 'poll', memory: { lastStatus: error.code } };
  }
}

/** The beginning; what breaks off after the status was there has nothing more to say. */
async function readStart(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size >= quotedBytes) break;
    }
  } catch {}
  return Buffer.concat(chunks).subarray(0, quotedBytes).toString('utf8');
}

function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

function refused(call: PreparedCall, status: number, text: string): Extract<StepAnswer, { kind: 'failed' }> {
  const { host } = new URL(call.request.url);
  const quote = quoteAnswer(text, call.confidential);
  const redirect = status >= 300 && status < 400 ? '; redirects are not followed, write the final URL' : '';
  const message = `${host} answered ${status}${redirect}${quote === '' ? '' : `: ${quote}`}`;
  return { kind: 'failed', code: 'stepFailed', message };
}

/** What it was about, for later stages to refer to. */
function published({ wanted, artifacts }: StepRequest): readonly PublishedArtifact[] {
  const artifact = wanted === undefined ? undefined : artifacts.find((one) => artifactDigest(one) === wanted);
  return artifact === undefined ? [] : [{ artifact }];
}
