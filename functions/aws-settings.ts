import { parseAllowEntry } from '../shared/adapters/outbound/address-rules.ts';
import { type EnvName, envNames } from '../shared/contracts/env.ts';
import { parseReconcileInterval, reconcileIntervalRule } from '../shared/domain/reconcile-interval.ts';
import { type LogLevel, logLevels } from '../shared/runtime/log.ts';

/** What the stack tells a function. */
export interface AwsSettings {
  readonly table: string;
  readonly queueUrl: string;
  readonly bucket: string;
  /** Of the dashboard's files. */
  readonly webBucket: string;
  readonly machineAlias: string;
  readonly secretPrefix: string;
  readonly signingKey: string;
  readonly macKey: string;
  readonly earlierSigningKeys: readonly string[];
  /** Without a slash at its end. */
  readonly publicUrl: string;
  readonly logLevel: LogLevel;
  /** Name of the installation. */
  readonly service: string;
  readonly outboundAllow: readonly string[];
}

/** Throws one error that names every variable which is missing or wrong. */
export function readAwsSettings(env: Readonly<Record<string, string | undefined>>): AwsSettings {
  const faults: string[] = [];
  const required = (name: EnvName): string => {
    const value = env[name]?.trim() ?? '';
    if (value === '') faults.push(`${name} is not set.`);
    return value;
  };
  const list = (name: EnvName): readonly string[] => (env[name] ?? '').split(',').flatMap((part) => part.trim() || []);
  const outboundAllow = list(envNames.outboundAllow);
  for (const entry of outboundAllow) {
    if (parseAllowEntry(entry) === undefined)
      faults.push(`${envNames.outboundAllow}: "${entry}" is no host, host:port or CIDR.`);
  }
  const level = env[envNames.logLevel] || 'info';
  const logLevel = logLevels.find((known) => known === level);
  if (logLevel === undefined) faults.push(`${envNames.logLevel} is one of ${logLevels.join(', ')}, not "${level}".`);
  const settings: AwsSettings = {
    table: required(envNames.table),
    queueUrl: required(envNames.queueUrl),
    bucket: required(envNames.bucket),
    webBucket: required(envNames.webBucket),
    machineAlias: required(envNames.machineAlias),
    secretPrefix: required(envNames.secretPrefix),
    signingKey: required(envNames.signingKey),
    macKey: required(envNames.macKey),
    earlierSigningKeys: list(envNames.earlierSigningKeys),
    publicUrl: required(envNames.publicUrl).replace(/\/+$/, ''),
    logLevel: logLevel ?? 'info',
    service: env[envNames.service]?.trim() || 'waybill',
    outboundAllow,
  };
  if (faults.length > 0) throw new Error(faults.join(' '));
  return settings;
}

/** Of the function that reconciles alone; off = it is not called, so that any interval will do. */
export function readReconcileSettings(env: Readonly<Record<string, string | undefined>>): { readonly everyMs: number } {
  const text = env[envNames.reconcile]?.trim() || undefined;
  const read = parseReconcileInterval(text === 'off' ? undefined : text);
  if (read.kind === 'every') return { everyMs: read.everyMs };
  throw new Error(`${envNames.reconcile} is ${reconcileIntervalRule}, not "${text}".`);
}
