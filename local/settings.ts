import { isAbsolute, join, resolve } from 'node:path';
import { parseAllowEntry } from '../shared/adapters/outbound/address-rules.ts';
import { parseReconcileInterval, reconcileIntervalRule } from '../shared/domain/reconcile-interval.ts';
import { type AccessSettings, readAccessSettings } from '../shared/runtime/access-settings.ts';
import { type LogLevel, logLevels } from '../shared/runtime/log.ts';

/** Everything that the environment says (contract 1); names stand here and nowhere else in `local/`. */
export interface Settings {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly access: AccessSettings;
  readonly dynamoEndpoint?: string;
  /** Without a slash at its end; absent = the address that is listened on. */
  readonly publicUrl?: string;
  readonly logLevel: LogLevel;
  /** Absolute; relative paths of `directory` steps start at the first. */
  readonly deployRoots: readonly string[];
  readonly outboundAllow: readonly string[];
  /** How often repositories are compared with their registries, ms; absent = never. */
  readonly reconcileEveryMs?: number;
}

export type SettingsReading =
  | { readonly kind: 'ok'; readonly settings: Settings }
  /** One sentence per fault, naming the variable and what it may be. */
  | { readonly kind: 'invalid'; readonly faults: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

interface Part<T> {
  readonly value: T;
  readonly faults: readonly string[];
}

/** Reads every variable and reports all faults at once. An empty variable is as good as none. */
export function readSettings(env: Environment): SettingsReading {
  const text = (name: string) => env[name]?.trim() || undefined;
  const dataDir = resolve(text('WAYBILL_DATA_DIR') ?? '.waybill');
  const port = readPort(text('WAYBILL_PORT'));
  const publicUrl = readUrl('WAYBILL_PUBLIC_URL', text('WAYBILL_PUBLIC_URL'));
  const dynamo = readUrl('DYNAMODB_ENDPOINT', text('DYNAMODB_ENDPOINT'));
  const logLevel = readLogLevel(text('WAYBILL_LOG_LEVEL'));
  const allow = readAllow(text('WAYBILL_OUTBOUND_ALLOW'));
  const reconcile = readReconcile(text('WAYBILL_RECONCILE'));
  const access = readAccessSettings(env);
  const faults = [port, publicUrl, dynamo, logLevel, allow, reconcile, access].flatMap((part) => part.faults);
  if (faults.length > 0) return { kind: 'invalid', faults };
  const settings: Settings = {
    host: text('WAYBILL_HOST')?.replace(/^\[(.*)\]$/, '$1') ?? '127.0.0.1',
    port: port.value,
    dataDir,
    access: access.settings,
    dynamoEndpoint: dynamo.value,
    publicUrl: publicUrl.value,
    logLevel: logLevel.value,
    deployRoots: readRoots(text('WAYBILL_DEPLOY_ROOTS'), dataDir),
    outboundAllow: allow.value,
    reconcileEveryMs: reconcile.value,
  };
  return { kind: 'ok', settings };
}

function readPort(text: string | undefined): Part<number> {
  const port = text === undefined ? 8080 : /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return { value: port, faults: [] };
  return { value: 0, faults: [`WAYBILL_PORT is a number from 0 (any free port) to 65535, not ${quoted(text)}.`] };
}

function readUrl(name: string, text: string | undefined): Part<string | undefined> {
  if (text === undefined) return { value: undefined, faults: [] };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (isPlain && /^https?:$/.test(url.protocol)) return { value: text.replace(/\/+$/, ''), faults: [] };
  const fault = `${name} is an http:// or https:// address without user, query or fragment, not ${quoted(text)}.`;
  return { value: undefined, faults: [fault] };
}

function readLogLevel(text: string | undefined): Part<LogLevel> {
  const level = logLevels.find((candidate) => candidate === (text ?? 'info').toLowerCase());
  if (level !== undefined) return { value: level, faults: [] };
  return { value: 'info', faults: [`WAYBILL_LOG_LEVEL is one of ${logLevels.join(', ')}, not ${quoted(text)}.`] };
}

function readAllow(text: string | undefined): Part<readonly string[]> {
  const entries = listOf(text, ',');
  const bad = entries.filter((entry) => parseAllowEntry(entry) === undefined);
  const faults = bad.map((entry) => `WAYBILL_OUTBOUND_ALLOW: ${quoted(entry)} is no host, host:port, address or CIDR.`);
  return { value: entries, faults };
}

function readReconcile(text: string | undefined): Part<number | undefined> {
  const read = parseReconcileInterval(text);
  if (read.kind === 'every') return { value: read.everyMs, faults: [] };
  const faults = [`WAYBILL_RECONCILE is ${reconcileIntervalRule}, not ${quoted(text)}.`];
  return { value: undefined, faults: read.kind === 'off' ? [] : faults };
}

function readRoots(text: string | undefined, dataDir: string): readonly string[] {
  const roots = listOf(text, ':').map((root) => (isAbsolute(root) ? root : resolve(root)));
  return roots.length === 0 ? [join(dataDir, 'sites')] : roots;
}

function listOf(text: string | undefined, separator: string): readonly string[] {
  return (text ?? '')
    .split(separator)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function quoted(text: string | undefined): string {
  return JSON.stringify((text ?? '').slice(0, 200));
}
