/** What tells the services apart whose calls are `POST /` with a JSON body. */
export interface Service {
  /** In its address and in signatures. */
  readonly name: string;
  /** Before the operation in `x-amz-target`. */
  readonly target: string;
  readonly json: '1.0' | '1.1';
  /** In `AWS_ENDPOINT_URL_…`. */
  readonly variable: string;
}

/** The protocol's parameters as the service models of the AWS SDK give them (aws.protocols#awsJson1_0 and 1_1). */
export const services = {
  dynamodb: { name: 'dynamodb', target: 'DynamoDB_20120810', json: '1.0', variable: 'DYNAMODB' },
  sqs: { name: 'sqs', target: 'AmazonSQS', json: '1.0', variable: 'SQS' },
  states: { name: 'states', target: 'AWSStepFunctions', json: '1.0', variable: 'SFN' },
  secretsmanager: { name: 'secretsmanager', target: 'secretsmanager', json: '1.1', variable: 'SECRETS_MANAGER' },
} as const satisfies Readonly<Record<string, Service>>;

export type ServiceName = keyof typeof services;

type Environment = Readonly<Record<string, string | undefined>>;

/** Partitions by the beginning of their Regions' names (the SDK's partitions.json); all others are amazonaws.com. */
const suffixes: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eusc-', 'amazonaws.eu'],
];

/** `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, else the Region's own (the order of the SDKs). */
export function endpointOf(service: Service, region: string, env: Environment): URL {
  const given = env[`AWS_ENDPOINT_URL_${service.variable}`] || env.AWS_ENDPOINT_URL;
  const suffix = suffixes.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'amazonaws.com';
  return new URL(given || `https://${service.name}.${region}.${suffix}`);
}
