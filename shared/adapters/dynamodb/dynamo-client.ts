import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/**
 * With an endpoint (an embedded engine, or another that speaks the protocol) no credentials are looked for:
 * such engines take any. Without one, region and credentials are those of the function.
 */
export function createDynamoClient(
  options: { readonly endpoint?: string; readonly maxAttempts?: number } = {},
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
  });
}
