/** Names of the settings that the stack gives to functions: written by infra, read by the functions' wiring. */
export const envNames = {
  table: 'WAYBILL_TABLE',
  queueUrl: 'WAYBILL_QUEUE_URL',
  bucket: 'WAYBILL_BUCKET',
  /** Of the dashboard's files. */
  webBucket: 'WAYBILL_WEB_BUCKET',
  /** ARN of the alias that starts executions. */
  machineAlias: 'WAYBILL_MACHINE_ALIAS',
  /** What the names of secrets begin with. */
  secretPrefix: 'WAYBILL_SECRET_PREFIX',
  /** KMS key ARNs. */
  signingKey: 'WAYBILL_SIGNING_KEY',
  macKey: 'WAYBILL_MAC_KEY',
  /** Keys that signed before, separated by commas. */
  earlierSigningKeys: 'WAYBILL_EARLIER_SIGNING_KEYS',
  /** Where the service is reached from outside. */
  publicUrl: 'WAYBILL_PUBLIC_URL',
  logLevel: 'WAYBILL_LOG_LEVEL',
  /** Name of the installation: in every line of the logs, and a dimension of every metric. */
  service: 'WAYBILL_SERVICE',
  outboundAllow: 'WAYBILL_OUTBOUND_ALLOW',
  /** How often repositories are compared with their registries. */
  reconcile: 'WAYBILL_RECONCILE',
  oidcIssuer: 'WAYBILL_OIDC_ISSUER',
  oidcAudience: 'WAYBILL_OIDC_AUDIENCE',
  oidcGroupsClaim: 'WAYBILL_OIDC_GROUPS_CLAIM',
} as const;

export type EnvName = (typeof envNames)[keyof typeof envNames];
