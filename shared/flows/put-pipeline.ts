import { type Caller, isAdmin } from '../domain/caller.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { Failure } from '../domain/failure.ts';
import { canChange, haveCommon } from '../domain/permission.ts';
import type { PipelineHead, PipelineVersion } from '../domain/pipeline.ts';
import type {
  EngineSteps,
  PipelineFault,
  PipelineFaultCode,
  PipelineReading,
  ReadPipelineFile,
} from '../domain/pipeline-draft.ts';
import { vouchingOf } from '../domain/vouching.ts';
import type { Ports } from '../ports/ports.ts';
import { checkNeighbours } from './check-neighbours.ts';
import { settleSubscriptions, subscriptionsOf } from './settle-subscriptions.ts';

/** The file's reader is handed in: reading YAML is no business of a flow. */
export type PutPipelinePorts = Pick<Ports, 'pipelines' | 'clock' | 'sha256'> & {
  readonly readPipelineFile: ReadPipelineFile;
};

export interface PutPipeline {
  /** Of the URL. */
  readonly name: string;
  readonly body: Uint8Array;
  readonly mediaType: string;
  readonly caller: Caller;
  readonly engine: EngineSteps;
}

export type PutPipelineAnswer =
  | { readonly kind: 'saved'; readonly created: boolean; readonly name: string; readonly version: string }
  | { readonly kind: 'forbidden' | 'malformed' | 'unsupported' | 'tooLarge'; readonly message: string }
  /** `code`: the one that the contract names for every one of these faults. */
  | { readonly kind: 'invalid'; readonly code?: PipelineFaultCode; readonly errors: readonly PipelineFault[] };

const mostTries = 5;

type Read = Extract<PipelineReading, { readonly kind: 'ok' }>;

/**
 * Puts a version and makes it the present one. The version and its subscriptions are there before the head names them, and what is
 * stale goes after: whoever dies in between has lost no event, and the same put again completes it.
 */
export async function putPipeline(ports: PutPipelinePorts, request: PutPipeline): Promise<PutPipelineAnswer> {
  const { name, caller } = request;
  const head = await ports.pipelines.head(name);
  if (head && !canChange(caller, head)) return forbiddenToChange(name);
  const reading = ports.readPipelineFile(request.body, request.mediaType, request.engine);
  if (reading.kind === 'invalid') return invalid(reading.errors);
  if (reading.kind !== 'ok') return reading;
  const { owners } = reading.definition;
  if (!head && !mayCreate(caller, owners)) return forbiddenToCreate(name, owners);
  const errors = await checkWhole(ports, request, reading);
  if (errors.length > 0) return invalid(errors);
  const version = toVersion(ports, request, reading);
  for (let tries = 0, seen = head; tries < mostTries; tries++, seen = await ports.pipelines.head(name)) {
    const answer = await trySave(ports, { head: seen, caller }, version);
    if (answer) return answer;
  }
  throw new Failure('conflict', `Pipeline ${name} is being changed by others; try again.`);
}

function invalid(errors: readonly PipelineFault[]): PutPipelineAnswer {
  const code = errors[0]?.code;
  return { kind: 'invalid', code: errors.every((error) => error.code === code) ? code : undefined, errors };
}

async function checkWhole(
  ports: PutPipelinePorts,
  { name }: PutPipeline,
  { definition, file }: Read,
): Promise<readonly PipelineFault[]> {
  const message = `The file names "${definition.name}", the URL "${name.slice(0, 80)}".`;
  const misnamed = definition.name === name ? [] : [{ path: 'name', message }];
  return [...misnamed, ...(await checkNeighbours(ports, definition, file))];
}

function toVersion(
  ports: PutPipelinePorts,
  { name, caller }: PutPipeline,
  { definition, file }: Read,
): PipelineVersion {
  const version = ports.sha256(canonicalJson(file)).slice(0, 12);
  return { name, version, file, definition, createdAt: ports.clock.now(), createdBy: caller.subject };
}

/** Undefined when someone else moved the head meanwhile: all is decided anew. */
async function trySave(
  ports: PutPipelinePorts,
  { head, caller }: { readonly head: PipelineHead | undefined; readonly caller: Caller },
  stored: PipelineVersion,
): Promise<PutPipelineAnswer | undefined> {
  const { name, version, definition } = stored;
  if (head && !canChange(caller, head)) return forbiddenToChange(name);
  const created = !head || head.deleted;
  const wanted = toHead(stored, { head, caller, now: ports.clock.now() });
  if (created || head.version !== version || !isVouchedAlike(head, wanted)) {
    await putVersion(ports, stored);
    await ports.pipelines.putSubscriptions(subscriptionsOf(definition, version));
    if (!(await ports.pipelines.saveHead(wanted))) return undefined;
  }
  await settleSubscriptions(ports, name);
  return { kind: 'saved', created, name, version };
}

/** Who puts the same content may still speak for a group that nobody spoke for. */
function isVouchedAlike(one: PipelineHead, other: PipelineHead): boolean {
  const vouched = ({ vouched = [], grantedUpstreams = [] }: PipelineHead) =>
    JSON.stringify([vouched, grantedUpstreams]);
  return vouched(one) === vouched(other);
}

/** Twelve hex digits can be made to collide on purpose; the content that is there stays, and this one is refused. */
async function putVersion(ports: PutPipelinePorts, wanted: PipelineVersion): Promise<void> {
  const { name, version, file } = wanted;
  if ((await ports.pipelines.putVersion(wanted)) === 'created') return;
  const there = await ports.pipelines.version(name, version);
  if (there && canonicalJson(there.file) === canonicalJson(file)) return;
  throw new Failure('conflict', `Another content of ${name} has the version ${version}; change the description.`, {
    retryable: false,
  });
}

function toHead(
  { name, version, definition }: PipelineVersion,
  by: { readonly head: PipelineHead | undefined; readonly caller: Caller; readonly now: number },
): PipelineHead {
  const { owners, readers, description } = definition;
  const changed = { updatedAt: by.now, updatedBy: by.caller.subject, deleted: false, rev: by.head?.rev ?? 0 };
  return { name, version, owners, readers, description, ...vouchingOf(definition, by.caller, by.head), ...changed };
}

function mayCreate(caller: Caller, owners: readonly string[]): boolean {
  return isAdmin(caller) || haveCommon(owners, caller.groups);
}

function forbiddenToChange(name: string): PutPipelineAnswer {
  return { kind: 'forbidden', message: `Only owners of "${name}" may change it.` };
}

function forbiddenToCreate(name: string, owners: readonly string[]): PutPipelineAnswer {
  const message = `Creating "${name}" needs a token in one of its owners: ${owners.join(', ')}.`;
  return { kind: 'forbidden', message };
}
