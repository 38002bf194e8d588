import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/**
 * With an endpoint (an embedded engine, or another that speaks the protocol) no credentials are looked for:
 * such engines take any. Without one, region and credentials are those of the function.
 */
export function createDynamoClient(
  options: {
    readonly endpoint?: string;
    readonly maxAttempts?: number;
    /** Our own engine on loopback checks no signature: making one costs a fifth of a call's time. */
    readonly unsigned?: boolean;
  } = {},
): DynamoDBClient {
  const agent = { keepAlive: true, maxSockets: 64 };
  const common = {
    maxAttempts: options.maxAttempts ?? 3,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 10_000,
      // Without it the limit is a warning only.
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
  if (options.endpoint === undefined) return new DynamoDBClient(common);
  return new DynamoDBClient({
    ...common,
    endpoint: options.endpoint,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    ...(options.unsigned === true ? { signer: { sign: async (request) => withoutSignature(request) } } : {}),
  });
}

/** The form of a signature without one: the engines read the headers' shape and nothing else. */
function withoutSignature<T extends { headers: Record<string, string> }>(request: T): T {
  request.headers['x-amz-date'] = '20260101T000000Z';
  request.headers.authorization =
    'AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0';
  return request;
}
