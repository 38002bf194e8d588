import { Readable } from 'node:stream';

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
 * Settings for a real SDK client whose HTTP handler is this: serializers, retries and error classes are the SDK's own. `answer`
 * decides by the call.
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
  return {
    calls,
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
  return { statusCode, headers, body: Readable.from(text === '' ? [] : [Buffer.from(text)]) };
}
