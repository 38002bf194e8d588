import { createHmac, hash } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Where a signature holds. */
export interface SigningScope {
  /** The service's name in signatures. */
  readonly service: string;
  readonly region: string;
  readonly credentials: Credentials;
}

export interface Unsigned {
  readonly method: string;
  /** Encoded, from the root. */
  readonly path: string;
  /** Encoded and sorted by name; '' if there is none. */
  readonly query?: string;
  /** Names in lower case; each of them is signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The headers with their signature: AWS Signature Version 4
 * (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). `at` is epoch ms.
 */
export function sign(request: Unsigned, scope: SigningScope, at: number): Readonly<Record<string, string>> {
  const { accessKeyId, sessionToken } = scope.credentials;
  const time = amzDate(at);
  const headers: Record<string, string> = { ...request.headers, 'x-amz-date': time };
  if (sessionToken !== undefined) headers['x-amz-security-token'] = sessionToken;
  const names = Object.keys(headers).sort();
  const signedHeaders = names.join(';');
  const day = time.slice(0, 8);
  const credentialScope = `${day}/${scope.region}/${scope.service}/aws4_request`;
  const canonical = [
    request.method,
    request.path,
    request.query ?? '',
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders,
    hash('sha256', request.body),
  ].join('\n');
  const text = `AWS4-HMAC-SHA256\n${time}\n${credentialScope}\n${hash('sha256', canonical)}`;
  const signature = createHmac('sha256', signingKey(scope, day)).update(text).digest('hex');
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${credentialScope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  return headers;
}

/** `20260101T000000Z`. */
function amzDate(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

let last: { readonly name: string; readonly key: Buffer } | undefined;

/** Of a day, a place and a secret: four of the six hashes of a signature. */
function signingKey({ service, region, credentials }: SigningScope, day: string): Buffer {
  const name = [credentials.secretAccessKey, day, region, service].join('\n');
  if (last?.name === name) return last.key;
  const steps = [day, region, service, 'aws4_request'];
  const key = steps.reduce<Buffer>(hmac, Buffer.from(`AWS4${credentials.secretAccessKey}`));
  last = { name, key };
  return key;
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
