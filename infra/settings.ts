import type { Node } from 'constructs';

/** Who issues the tokens of people. */
export interface OidcContext {
  readonly issuer: string;
  readonly audience: string;
  readonly groupsClaim?: string;
}

/** What one installation says for itself: `cdk synth -c name=value`, or `context` in cdk.json. */
export interface Settings {
  /** Names the stack, the state machine and the secrets. */
  readonly name: string;
  /** Without them the template fits any account and region. */
  readonly account?: string;
  readonly region?: string;
  readonly logLevel: string;
  readonly logDays: number;
  /** Requests a second, and at once, that the gateway lets through. */
  readonly rate: number;
  readonly burst: number;
  readonly oidc?: OidcContext;
  /** Whether the stack makes a user pool of Cognito that issues the tokens. */
  readonly cognito: boolean;
  /** ARN of the SNS topic that alarms go to. */
  readonly alarmTopic?: string;
  readonly outboundAllow?: string;
  /** Name of a table to use instead of the stack's own: one that was restored from its backup. */
  readonly restoredTable?: string;
  /** How often repositories are compared with their registries, or `off`; default 1h. */
  readonly reconcile?: string;
  /** ARNs of keys that signed before. */
  readonly earlierSigningKeys?: string;
  /** ARNs of the roles that steps may take to deploy. */
  readonly deployRoles: readonly string[];
  /** ARNs of the roles that objects of S3 may be fetched as. */
  readonly fetchRoles: readonly string[];
}

/** Throws one error that names every fault. */
export function readSettings(node: Node): Settings {
  const faults: string[] = [];
  const text = (name: string): string | undefined => {
    const value: unknown = node.tryGetContext(name);
    if (value === undefined || value === '') return undefined;
    return String(value);
  };
  const number = (name: string, otherwise: number): number => {
    const value = Number(text(name) ?? otherwise);
    if (!Number.isInteger(value) || value < 1) faults.push(`${name} is a whole number above 0, not "${text(name)}"`);
    return value;
  };
  const name = text('name') ?? 'waybill';
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name)) faults.push(`name is [a-z][a-z0-9-]{0,31}, not "${name}"`);
  const issuer = text('oidcIssuer');
  const audience = text('oidcAudience');
  if ((issuer === undefined) !== (audience === undefined)) faults.push('oidcIssuer and oidcAudience go together');
  const cognito = text('cognito') ?? 'false';
  if (!['true', 'false'].includes(cognito)) faults.push(`cognito is true or false, not "${cognito}"`);
  if (cognito === 'true' && issuer !== undefined) faults.push('cognito makes the issuer: leave oidcIssuer out');
  const alarmTopic = text('alarmTopic');
  if (alarmTopic !== undefined && !/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/.test(alarmTopic)) {
    faults.push(`alarmTopic is arn:aws:sns:<region>:<account>:<name>, not "${alarmTopic}"`);
  }
  const restoredTable = text('restoredTable');
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
  if (restoredTable !== undefined && !/^[\w.-]{3,255}$/.test(restoredTable)) {
    faults.push(`restoredTable is the name of a table, not "${restoredTable}"`);
  }
  const reconcile = text('reconcile');
  if (reconcile !== undefined && !/^(off|\d{1,5}[mhd])$/.test(reconcile)) {
    faults.push(`reconcile is a duration from 5m to 7d, or off, not "${reconcile}"`);
  }
  const roles = (setting: string): readonly string[] => {
    const arns = (text(setting) ?? '').split(',').flatMap((arn) => arn.trim() || []);
    const unsound = arns.find((arn) => !/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(arn));
    if (unsound !== undefined) faults.push(`${setting} are arn:aws:iam::<account>:role/<name>, not "${unsound}"`);
    return arns;
  };
  const settings: Settings = {
    name,
    account: text('account'),
    region: text('region'),
    logLevel: text('logLevel') ?? 'info',
    logDays: number('logDays', 30),
    rate: number('rate', 200),
    burst: number('burst', 400),
    ...(issuer !== undefined && audience !== undefined
      ? { oidc: { issuer, audience, groupsClaim: text('oidcGroupsClaim') } }
      : {}),
    cognito: cognito === 'true',
    alarmTopic,
    outboundAllow: text('outboundAllow'),
    restoredTable,
    reconcile,
    earlierSigningKeys: text('earlierSigningKeys'),
    deployRoles: roles('deployRoles'),
    fetchRoles: roles('fetchRoles'),
  };
  if (faults.length > 0) throw new Error(`Settings in the CDK context: ${faults.join('; ')}`);
  return settings;
}
