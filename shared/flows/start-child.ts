import type { Artifact } from '../domain/artifact.ts';
import type { ClaimParts } from '../domain/claim.ts';
import type { Trigger } from '../domain/execution.ts';
import type { FaultRecord } from '../domain/failure.ts';
import type { PipelineVersion } from '../domain/pipeline.ts';
import { demandedBy } from '../domain/taking-part.ts';
import { mayStart } from '../domain/vouching.ts';
import type { Ports } from '../ports/ports.ts';
import { askingFor } from './asking.ts';
import { type BindPorts, bindPipeline } from './bind-pipeline.ts';
import { findCircle } from './find-circle.ts';
import { receiveArtifacts } from './intake/receive-artifacts.ts';
import { registryRefusal } from './intake/registry-refusal.ts';
import type { VerifyPorts } from './intake/verify-image.ts';
import { resumeClaim, type Started, type StartPorts, startExecution } from './start-execution.ts';

type ChildPorts = StartPorts & BindPorts & VerifyPorts;

export interface ChildStart {
  /** The step's idempotency key: the same key is the same child. */
  readonly key: string;
  readonly parent: Required<NonNullable<Trigger['parent']>>;
  readonly pipeline: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** What the parent's stage gives, as received artifacts. */
  readonly artifacts: readonly Artifact[];
}

export type ChildAnswer =
  | { readonly kind: 'started'; readonly executionId: string }
  | ({ readonly kind: 'failed' } & FaultRecord);

/** Starts another pipeline for a step. Throws the registry's failure when asking again may help. */
export async function startChild(ports: ChildPorts, start: ChildStart): Promise<ChildAnswer> {
  const claim: ClaimParts = {
    kind: 'child',
    pipeline: start.pipeline,
    parent: start.parent.executionId,
    key: start.key,
  };
  const known = await resumeClaim(ports, claim, {});
  if (known !== undefined) return answerStarted(known);
  const version = await childVersion(ports, start);
  if (version.kind === 'failed') return version;
  try {
    return await startBound(askingFor(ports, [start.pipeline]), start, { version: version.version, claim });
  } catch (error) {
    const refusal = registryRefusal(error);
    if (refusal === undefined) throw error;
    return failed(refusal.code, refusal.message);
  }
}

async function childVersion(
  ports: ChildPorts,
  { pipeline, parent, parameters }: ChildStart,
): Promise<{ readonly kind: 'ok'; readonly version: PipelineVersion } | Extract<ChildAnswer, { kind: 'failed' }>> {
  const head = await ports.pipelines.head(pipeline);
  if (head === undefined || head.deleted) return failed('invalidInput', `There is no pipeline ${pipeline}.`);
  const parentHead = await ports.pipelines.head(parent.pipeline);
  // Checked when the file was put; owners may have changed since (ruling 11).
  if (!mayStart(parentHead, head)) {
    const message = `${parent.pipeline} and ${pipeline} have no owner in common who put ${parent.pipeline} or whose member did.`;
    return failed('ownerRequired', message);
  }
  const version = await ports.pipelines.version(pipeline, head.version);
  if (version === undefined) return failed('internal', `Version ${head.version} of ${pipeline} is not stored.`);
  const unknown = Object.keys(parameters).find((name) => !Object.hasOwn(version.definition.parameters, name));
  if (unknown !== undefined) return failed('invalidInput', `${unknown} is no parameter of ${pipeline}.`);
  return { kind: 'ok', version };
}

interface Wanted {
  readonly version: PipelineVersion;
  readonly claim: ClaimParts;
}

/** What cannot be bound is kept as a failed run of the child, whose failure is the step's. */
async function startBound(ports: ChildPorts, start: ChildStart, { version, claim }: Wanted): Promise<ChildAnswer> {
  const { definition } = version;
  const { artifacts, parent } = start;
  const circle = await findCircle(ports, version.name, parent.executionId);
  if (circle !== undefined) return failed('pipelineCircle', circle);
  const user = await whoStarted(ports, parent.executionId);
  const trigger: Trigger = { type: 'pipeline', parent, user, artifacts };
  const received = await receiveArtifacts(ports, { sources: definition.sources, artifacts });
  const binding = await bindPipeline(ports, {
    pipeline: version.name,
    definition,
    received,
    artifacts,
    expectedArtifactIds: demandedBy(trigger),
  });
  const started = await startExecution(ports, {
    pipeline: version.name,
    pipelineVersion: version.version,
    claim,
    trigger,
    binding,
    parameters: { ...definition.parameters, ...start.parameters },
    orderAt: ports.clock.now(),
  });
  return answerStarted(started);
}

function answerStarted({ executionId, error }: Started): ChildAnswer {
  if (error === undefined) return { kind: 'started', executionId };
  return failed(error.code, `${executionId} could not start: ${error.message}`);
}

/** Self of a child is the parent's (ruling 9): who retried it last, else who started it. */
async function whoStarted(ports: Pick<Ports, 'executions'>, executionId: string): Promise<string | undefined> {
  const parent = await ports.executions.find(executionId);
  return parent?.retriedBy ?? parent?.trigger.user;
}

function failed(code: string, message: string): Extract<ChildAnswer, { kind: 'failed' }> {
  return { kind: 'failed', code, message };
}
