import { Readable } from 'node:stream';
import { createAwsApi } from '../shared/adapters/aws-api/aws-api.ts';
import type { Exchange } from '../shared/adapters/aws-api/exchange.ts';

/** One HTTP exchange that an SDK client had. */
export interface AwsCall {
  /** The operation of a JSON protocol; else method and path. */
  readonly operation: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the service answers: an error by its name, a JSON body, or raw bytes. */
export type AwsAnswer =
  | { readonly status?: number; readonly error: string }
  | { readonly status?: number; readonly json: object }
  | { readonly status?: number; readonly bytes: string }
  | { readonly broken: string };

interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

/**
 * Settings for a real SDK client, and our own client, whose HTTP exchange is this: serializers and error classes are theirs.
 * `answer` decides by the call.
 */
export function fakeAws(answer: (call: AwsCall, calls: readonly AwsCall[]) => AwsAnswer) {
  const calls: AwsCall[] = [];
  const handle = async (request: SdkRequest) => {
    const call = describe(request);
    calls.push(call);
    const answered = answer(call, calls);
    if ('broken' in answered) throw Object.assign(new Error('read failed'), { code: answered.broken });
    return { response: respond(answered) };
  };
  const exchange: Exchange = async ({ headers, body }) => {
    const { response } = await handle({ method: 'POST', path: '/', headers: { ...headers }, body });
    return { status: response.statusCode, headers: response.headers, body: response.text };
  };
  const env = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret' };
  return {
    calls,
    api: (name: Parameters<typeof createAwsApi>[0]) => createAwsApi(name, { env, exchange, maxAttempts: 1 }),
    settings: {
      region: 'eu-west-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      maxAttempts: 1,
      requestHandler: { handle },
    },
  };
}

function describe({ method, path, headers, body }: SdkRequest): AwsCall {
  const target = headers['x-amz-target'];
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : body;
  return {
    operation: target === undefined ? `${method} ${path}` : (target.split('.').at(-1) ?? target),
    body: typeof text === 'string' ? text : '',
    headers,
  };
}

function respond(answer: Exclude<AwsAnswer, { readonly broken: string }>) {
  if ('bytes' in answer) return response(answer.status ?? 200, answer.bytes, {});
  if ('json' in answer) return response(answer.status ?? 200, JSON.stringify(answer.json), {});
  const { error } = answer;
  const text = JSON.stringify({ __type: error, message: `${error} happened` });
  return response(answer.status ?? 400, text, { 'x-amzn-errortype': error });
}

function response(statusCode: number, text: string, headers: Record<string, string>) {
  return { statusCode, headers, text, body: Readable.from(text === '' ? [] : [Buffer.from(text)]) };
}
