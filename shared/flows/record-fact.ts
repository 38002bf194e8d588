import { imageType, type RecordedArtifact } from '../domain/artifact.ts';
import type { Caller } from '../domain/caller.ts';
import type { DeliveredEvent } from '../domain/delivery.ts';
import type { Fact, FactBody, Severities } from '../domain/fact.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Ports } from '../ports/ports.ts';
import { claimedReportText, type ReportTextPorts } from './claimed-report-text.ts';
import { addFact } from './intake/add-fact.ts';
import { judgeText, readClaimedReport } from './read-claimed-report.ts';
import { posterOf } from './record-artifact.ts';
import { storeOwnDelivery } from './store-own-delivery.ts';
import { createArtifactAccess } from './visible-repository.ts';
import { wakeFactWaiters } from './wake.ts';

type FactPorts = ReportTextPorts &
  Pick<
    Ports,
    | 'accounts'
    | 'artifacts'
    | 'clock'
    | 'deliveries'
    | 'executions'
    | 'log'
    | 'orchestrator'
    | 'pipelines'
    | 'queue'
    | 'randomness'
    | 'sha256'
  >;

export interface RecordFact {
  readonly caller: Caller;
  readonly uuid: string;
  readonly body: JsonObject;
}

export interface FactFault {
  readonly path: string;
  readonly message: string;
}

export type RecordFactAnswer =
  | { readonly kind: 'recorded'; readonly fact: Fact }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'invalid'; readonly errors: readonly FactFault[] };

/**
 * Records what a caller says of an artifact, for the pipelines that his groups own (ruling 10), and wakes the gates that wait
 * for it. A scan or a test of an image is a delivery, too: a scan may start runs.
 */
export async function recordFact(ports: FactPorts, { caller, uuid, body }: RecordFact): Promise<RecordFactAnswer> {
  const recorded = await ports.artifacts.find(uuid);
  if (recorded === undefined || !(await createArtifactAccess(ports, caller)(recorded))) return { kind: 'notFound' };
  const { retentionDays, ...said } = body;
  const read = readFact(said, retentionDays);
  if (read.kind === 'invalid') return read;
  const checked = await withReport(ports, caller, { body: read.body, given: body.report });
  if (checked.kind === 'invalid') return checked;
  const at = ports.clock.now();
  const source = { receiver: 'api', trusted: true, postedBy: posterOf(caller), at };
  const kept = isRetention(retentionDays) ? { ...source, retentionDays } : source;
  const fact = await addFact(ports, uuid, { source: kept, body: checked.body });
  // The delivery says the same once more under the same name, so the fact stays one.
  const event = eventOf(recorded, checked.body, at);
  if (event !== undefined) {
    const { postedBy } = source;
    const key = ports.randomness.hex(16);
    await storeOwnDelivery(ports, {
      receiver: 'api',
      key,
      events: [event],
      actor: caller.subject,
      postedBy,
      receivedAt: at,
    });
  }
  if (recorded.digest !== undefined) await wakeFactWaiters(ports, recorded.digest);
  return { kind: 'recorded', fact };
}

function eventOf(
  { artifact, repository, digest }: RecordedArtifact,
  body: FactBody,
  at: number,
): DeliveredEvent | undefined {
  if (artifact.type !== imageType || repository === undefined || digest === undefined) return undefined;
  if (body.kind === 'scanned') return { ...body, kind: 'scan', repository, digest, at };
  return body.kind === 'tested' ? { ...body, kind: 'test', repository, digest, at } : undefined;
}

/** A test with the report that it rests on: what it claims must be what the report says. */
async function withReport(
  ports: FactPorts,
  caller: Caller,
  { body, given }: { readonly body: FactBody; readonly given: Json | undefined },
): Promise<ReadFact> {
  if (body.kind !== 'tested' || given === undefined) return { kind: 'ok', body };
  const read = readClaimedReport(given);
  if (read.kind === 'invalid') return read;
  const text = await claimedReportText(ports, caller, read.report);
  if (text.kind === 'invalid') return text;
  const { outcome, coverage } = body;
  const judged = await judgeText({ outcome, coverage }, { ...text, format: read.report.format });
  if (judged.kind === 'invalid') return judged;
  return { kind: 'ok', body: { ...body, coverage: judged.coverage, report: judged.report } };
}

type ReadFact = { readonly kind: 'ok'; readonly body: FactBody } | Extract<RecordFactAnswer, { kind: 'invalid' }>;

const keysOf: Readonly<Record<string, readonly string[]>> = {
  tested: ['kind', 'name', 'outcome', 'coverage', 'report'],
  scanned: ['kind', 'severities', 'scanner'],
  rejected: ['kind', 'reason'],
};

/** Every fault at once. */
function readFact(body: JsonObject, retentionDays: Json | undefined): ReadFact {
  const kind = typeof body.kind === 'string' ? body.kind : '';
  const known = Object.hasOwn(keysOf, kind) ? (keysOf[kind] ?? []) : undefined;
  if (known === undefined) return invalid([{ path: 'kind', message: 'must be tested, scanned or rejected' }]);
  const errors = Object.keys(body)
    .filter((key) => !known.includes(key))
    .map((path): FactFault => ({ path, message: `is no part of a fact of kind ${kind}: ${known.join(', ')}` }));
  if (retentionDays !== undefined && !isRetention(retentionDays)) {
    errors.push({ path: 'retentionDays', message: 'must be a whole number of days, 1 to 36500' });
  }
  const fact =
    kind === 'tested'
      ? readTested(body, errors)
      : kind === 'scanned'
        ? readScanned(body, errors)
        : readRejected(body, errors);
  return errors.length > 0 ? invalid(errors) : { kind: 'ok', body: fact };
}

function isRetention(days: Json | undefined): days is number {
  return typeof days === 'number' && Number.isInteger(days) && days >= 1 && days <= 36_500;
}

function invalid(errors: readonly FactFault[]): Extract<RecordFactAnswer, { kind: 'invalid' }> {
  return { kind: 'invalid', errors };
}

function readTested(body: JsonObject, errors: FactFault[]): FactBody {
  const { outcome, coverage } = body;
  if (outcome !== 'passed' && outcome !== 'failed')
    errors.push({ path: 'outcome', message: 'must be passed or failed' });
  if (coverage !== undefined && !(typeof coverage === 'number' && coverage >= 0 && coverage <= 100)) {
    errors.push({ path: 'coverage', message: 'must be a number from 0 to 100' });
  }
  return {
    kind: 'tested',
    name: readText(body, 'name', errors),
    outcome: outcome === 'passed' ? 'passed' : 'failed',
    coverage: typeof coverage === 'number' ? coverage : undefined,
  };
}

function readScanned({ severities = null, scanner }: JsonObject, errors: FactFault[]): FactBody {
  if (!isJsonObject(severities)) {
    errors.push({
      path: 'severities',
      message: 'must be an object like {"critical": 0, "high": {"total": 2, "fixable": 1}}',
    });
    return { kind: 'scanned', status: 'complete', severities: {} };
  }
  const entries = Object.entries(severities).map(([name, count]) => {
    const read = readCount(count);
    if (read === undefined) errors.push({ path: `severities.${name}`, message: 'must be a count or {total, fixable}' });
    return [name.toLowerCase(), read ?? 0] as const;
  });
  const named = scanner === undefined ? {} : { scanner: readText({ scanner }, 'scanner', errors) };
  return { kind: 'scanned', status: 'complete', severities: Object.fromEntries(entries), ...named };
}

function readCount(value: Json): Severities[string] | undefined {
  if (isCount(value)) return value;
  if (!isJsonObject(value) || !isCount(value.total)) return undefined;
  const { total, fixable, ...rest } = value;
  if (Object.keys(rest).length > 0) return undefined;
  if (fixable === undefined) return { total };
  return isCount(fixable) && fixable <= total ? { total, fixable } : undefined;
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function readRejected(body: JsonObject, errors: FactFault[]): FactBody {
  return { kind: 'rejected', reason: readText(body, 'reason', errors) };
}

function readText(body: JsonObject, key: string, errors: FactFault[]): string {
  const text = body[key];
  if (typeof text === 'string' && text.trim() !== '' && text.length <= 1000) return text;
  errors.push({ path: key, message: 'must be a text of 1 to 1000 characters' });
  return '';
}
