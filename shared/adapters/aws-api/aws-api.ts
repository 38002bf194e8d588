import type { JsonObject } from '../../domain/json.ts';
import type { AwsApi } from '../../ports/aws-api.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { readAnswer } from './read-answer.ts';
import { createRetryQuota, delayOf, retryOf } from './retry.ts';
import { endpointOf, type Service, type ServiceName, services } from './services.ts';
import { type Credentials, sign } from './sign.ts';

export interface AwsApiOptions {
  /** An engine that speaks the protocol and takes any credentials; absent = where the function's environment says. */
  readonly endpoint?: string;
  /** Our own engine on loopback checks no signature. */
  readonly unsigned?: boolean;
  /** Default 3. */
  readonly maxAttempts?: number;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly exchange?: Exchange;
  /** Epoch ms; signatures hold for some minutes. */
  readonly now?: () => number;
  readonly pause?: (ms: number) => Promise<void>;
  /** 0 to 1. */
  readonly random?: () => number;
}

/** Signatures are good for 15 minutes; the SDK corrects its clock from here on too. */
const mostSkewMs = 5 * 60_000;
const local = { accessKeyId: 'local', secretAccessKey: 'local' };

/**
 * The calls that every invocation makes, without the SDK: loading one of its clients takes longer than all else that a function
 * does while it starts (docs/decisions.md, 73). Endpoint, credentials and retries are as the SDK has them in Lambda.
 */
export function createAwsApi(name: ServiceName, options: AwsApiOptions = {}): AwsApi {
  const service: Service = services[name];
  const { env = process.env, now = Date.now, pause = wait, random = Math.random, maxAttempts = 3 } = options;
  const exchange = options.exchange ?? createExchange();
  const quota = createRetryQuota();
  const place = placeOf(service, options, env);
  let skewMs = 0;

  async function attempt(operation: string, body: string): Promise<{ read: () => JsonObject; clockMoved: boolean }> {
    const plain = headersOf(service, operation, place.url.host);
    const headers =
      options.unsigned === true
        ? { ...plain, ...withoutSignature }
        : sign(
            { method: 'POST', path: place.url.pathname, headers: plain, body },
            { service: service.name, region: place.region, credentials: place.credentials() },
            now() + skewMs,
          );
    const answer = await exchange({ url: place.url, headers, body });
    const off = Date.parse(answer.headers.date ?? '') - now();
    const clockMoved = Math.abs(off - skewMs) >= mostSkewMs;
    if (clockMoved) skewMs = off;
    return { read: () => readAnswer(answer), clockMoved };
  }

  return {
    async call(operation, input) {
      const body = JSON.stringify(input);
      for (let attempts = 1; ; attempts += 1) {
        let clockMoved = false;
        try {
          const answered = await attempt(operation, body);
          clockMoved = answered.clockMoved;
          const read = answered.read();
          quota.worked(attempts - 1);
          return read;
        } catch (error) {
          const retry = retryOf(error, clockMoved);
          if (retry === 'no' || attempts >= maxAttempts || !quota.take()) throw error;
          await pause(delayOf(retry, attempts, random()));
        }
      }
    },
  };
}

interface Place {
  readonly url: URL;
  readonly region: string;
  /** Asked for at each call: an environment may be given new ones. */
  readonly credentials: () => Credentials;
}

function placeOf(service: Service, { endpoint }: AwsApiOptions, env: NonNullable<AwsApiOptions['env']>): Place {
  if (endpoint !== undefined) return { url: new URL(endpoint), region: 'local', credentials: () => local };
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || required(env, 'AWS_REGION');
  const credentials = (): Credentials => ({
    accessKeyId: required(env, 'AWS_ACCESS_KEY_ID'),
    secretAccessKey: required(env, 'AWS_SECRET_ACCESS_KEY'),
    sessionToken: env.AWS_SESSION_TOKEN || undefined,
  });
  return { url: endpointOf(service, region, env), region, credentials };
}

function required(env: NonNullable<AwsApiOptions['env']>, name: string): string {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  throw new Error(`${name} is not set. Lambda sets it for its functions.`);
}

function headersOf(service: Service, operation: string, host: string): Readonly<Record<string, string>> {
  return {
    host,
    'content-type': `application/x-amz-json-${service.json}`,
    'x-amz-target': `${service.target}.${operation}`,
  };
}

/** The form of a signature: engines on loopback read the headers' shape and nothing else. */
const withoutSignature = {
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0',
};

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
