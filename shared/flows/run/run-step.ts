import type { Artifact } from '../../domain/artifact.ts';
import { artifactDigest } from '../../domain/artifact-identity.ts';
import { pollDelay, turnDelay } from '../../domain/back-off.ts';
import type { Digest } from '../../domain/digest.ts';
import type { LedgerNode, PublishedArtifact } from '../../domain/execution.ts';
import { Failure, type FaultRecord, faultRecord } from '../../domain/failure.ts';
import { fileDigest } from '../../domain/file-digest.ts';
import { idempotencyKey, type PlacedStep } from '../../domain/ledger.ts';
import { digestMismatchMessage } from '../../domain/logged-messages.ts';
import { type TaskOutput, taskVersion } from '../../domain/machine-io.ts';
import { isSameImage } from '../../domain/same-image.ts';
import { rfc3339 } from '../../domain/times.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../ports/deployer.ts';
import { checkBeforeDeploy, giveUpIntent } from './before-deploy.ts';
import { findKnownImage } from './digest-facts.ts';
import { withPublicNames } from './internal-address.ts';
import type { StepPlace, StepPorts } from './job-place.ts';
import { keepEvidence } from './load-evidence.ts';
import { markSuperseded, type Run, writeNode } from './load-run.ts';
import { createPipelineStep } from './pipeline-step.ts';
import { recordDeployment } from './record-deployment.ts';
import { type ResolvedStep, resolveStep, wantedOf, withWanted } from './resolve-step.ts';
import { answerWaiting, expectAnswer, startWaiting } from './wait-for-answer.ts';

/** `ended` = the ledger has the step's end; `answer` = the machine has to come back. */
export type StepResult =
  | { readonly kind: 'ended'; readonly node: LedgerNode }
  | { readonly kind: 'answer'; readonly output: TaskOutput };

/**
 * One step, from its inputs to its recorded end. Called again after a crash, a poll or a wait: the outside effect then goes
 * out under the same key, and everything recorded is recorded once.
 */
export async function runStep(ports: StepPorts, run: Run, at: StepPlace): Promise<StepResult> {
  return failing(ports, run, { ...at, effect: () => attemptStep(ports, run, at) });
}

/**
 * A fault that no retry helps against ends the step, by the node as it was stored last: by an older one the write would be refused, and
 * the effect made again.
 */
async function failing(
  ports: StepPorts,
  run: Run,
  { effect, ...at }: StepPlace & { effect(): Promise<StepResult> },
): Promise<StepResult> {
  try {
    return await effect();
  } catch (error) {
    if (!(error instanceof Failure) || error.retryable || error.code === 'internal') throw error;
    return failStep(ports, run, { ...at, error: faultRecord(error) });
  }
}

async function attemptStep(ports: StepPorts, run: Run, at: StepPlace): Promise<StepResult> {
  // A running step may have its answer already: it came faster than the note that we wait for it.
  const asks = at.node.status === 'waiting' || at.node.callback?.answer !== undefined;
  const waited = asks ? answerWaiting(ports, at) : undefined;
  if (waited?.kind === 'still') return { kind: 'answer', output: { v: taskVersion, next: 'park' } };
  const resolved = await resolveStep(ports, run, at.placed);
  if (resolved.kind === 'failed') return failStep(ports, run, { ...at, error: resolved });
  if (waited?.kind === 'answered') return conclude(ports, run, { ...at, resolved, answer: waited.answer });
  const checked = await checkBeforeDeploy(ports, run, { ...at, resolved });
  if (checked.kind === 'denied') return failStep(ports, run, { ...at, error: checked });
  if (checked.kind === 'superseded') return supersedeStep(ports, run, { ...at, by: checked.by });
  if (checked.kind === 'later') return pause(ports, turnDelay(ports.clock.now() - at.stageSince));
  const deployer = findDeployer(ports, at.placed);
  const node = await markRunning(ports, run, { ...at, resolved });
  return failing(ports, run, {
    ...at,
    node,
    async effect() {
      const answer = await deployer.run(stepRequest(run, { ...at, node, resolved }));
      return conclude(ports, run, { ...at, node, resolved, answer });
    },
  });
}

/** What starts another pipeline of ours is ours on every engine; the rest is what the engine was given. */
function findDeployer(ports: StepPorts, placed: PlacedStep): Deployer {
  const { kind } = placed.step;
  if (kind === 'pipeline') return createPipelineStep(ports);
  const deployer = Object.hasOwn(ports.deployers, kind) ? ports.deployers[kind] : undefined;
  if (deployer === undefined)
    throw new Failure('stepNotAvailable', `This engine has no step "${kind}" (${placed.node}).`);
  return deployer;
}

/**
 * Written before the outside effect, so that a reader sees what is being attempted with which digest. A step that begins with its
 * stage has that written already; only what can be answered from outside needs a place for the answer first.
 */
async function markRunning(
  ports: StepPorts,
  run: Run,
  at: StepPlace & { readonly resolved: ResolvedStep },
): Promise<LedgerNode> {
  if (at.node.status === 'running' && at.node.rev > 0) return at.node;
  const expected = await expectAnswer(ports, run, { ...at, inputs: at.resolved.with });
  const node: LedgerNode = {
    ...at.node,
    ...expected,
    attempt: run.execution.attempt,
    status: 'running',
    kind: at.placed.step.kind,
    startedAt: at.node.startedAt ?? ports.clock.now(),
    ...wantedOf(at.resolved),
  };
  const isBegun = at.node.status === 'running' && expected.callback === undefined;
  return isBegun ? node : writeNode(ports, node);
}

function stepRequest(
  run: Run,
  at: { readonly placed: PlacedStep; readonly node: LedgerNode; readonly resolved: ResolvedStep },
): StepRequest {
  const { placed, node, resolved } = at;
  const { execution } = run;
  return {
    key: idempotencyKey(execution.id, placed.node, execution.attempt),
    executionId: execution.id,
    pipeline: execution.pipeline,
    stage: placed.stage.id,
    job: placed.job.id,
    step: placed.step.id,
    attempt: execution.attempt,
    with: resolved.with,
    ...(resolved.wanted === undefined ? {} : { wanted: resolved.wanted }),
    artifacts: resolved.handed ?? resolved.artifacts,
    ...(resolved.internal === undefined ? {} : { internal: resolved.internal }),
    ...(node.memory === undefined ? {} : { memory: node.memory }),
    polls: node.polls ?? 0,
    startedAt: node.startedAt ?? execution.createdAt,
  };
}

async function conclude(
  ports: StepPorts,
  run: Run,
  at: StepPlace & { readonly resolved: ResolvedStep; readonly answer: StepAnswer },
): Promise<StepResult> {
  const { answer } = at;
  switch (answer.kind) {
    case 'poll':
      return pollAgain(ports, run, { ...at, memory: answer.memory });
    case 'wait':
      await startWaiting(ports, { ...at, answer });
      return { kind: 'answer', output: { v: taskVersion, next: 'park' } };
    case 'failed':
      return failStep(ports, run, { ...at, error: answer, observed: answer.observed });
    case 'done':
      return succeed(ports, run, { ...at, answer });
  }
}

async function pollAgain(
  ports: StepPorts,
  run: Run,
  at: StepPlace & { readonly memory: LedgerNode['memory'] },
): Promise<StepResult> {
  const polls = at.node.polls ?? 0;
  const delay = pollDelay(polls);
  if (delay === undefined) {
    const message = `${at.placed.node} did not finish within 30 polls.`;
    return failStep(ports, run, { ...at, error: { code: 'stepTimeout', message } });
  }
  await writeNode(ports, { ...at.node, memory: at.memory, polls: polls + 1 });
  return pause(ports, delay);
}

function pause(ports: Pick<StepPorts, 'clock'>, delay: number): StepResult {
  const until = rfc3339(ports.clock.now() + delay);
  return { kind: 'answer', output: { v: taskVersion, next: 'pause', until } };
}

/** Wanted and observed must be one image (promise 1); then the head, and only then the node says so, which is the evidence. */
async function succeed(
  ports: StepPorts,
  run: Run,
  at: StepPlace & { readonly resolved: ResolvedStep; readonly answer: Extract<StepAnswer, { kind: 'done' }> },
): Promise<StepResult> {
  const { wanted, repository } = at.resolved;
  const { observed } = at.answer;
  const other = await findOther(ports, run, at);
  if (other !== undefined) {
    const message = `${at.placed.node} wanted ${wanted}; the target reports ${other}.`;
    return failStep(ports, run, { ...at, error: { code: 'digestMismatch', message }, observed: other });
  }
  const endedAt = ports.clock.now();
  if (wanted !== undefined && repository !== undefined && at.resolved.deploys) {
    await recordDeployment(ports, run, {
      placed: at.placed,
      repository,
      wanted,
      observed: observed ?? 'notObserved',
      at: endedAt,
    });
  }
  await giveUpIntent(ports, run, at.placed);
  const node = await writeSuccess(ports, run, {
    ...at.node,
    attempt: run.execution.attempt,
    status: 'succeeded',
    endedAt,
    ...(wanted === undefined ? {} : { wanted, repository, observed: observed ?? 'notObserved' }),
    artifacts: publishedBy(
      at.placed,
      at.resolved,
      withPublicNames(ports, at.resolved.internalHosts, at.answer.artifacts),
    ),
  });
  return { kind: 'ended', node };
}

/** Where somebody else ended the step meanwhile its entry does not say what was deployed all the same. */
async function writeSuccess(ports: StepPorts, run: Run, node: LedgerNode): Promise<LedgerNode> {
  try {
    return await writeNode(ports, node);
  } catch (fault) {
    if (fault instanceof Failure && fault.code === 'conflict') await keepEvidence(ports, run, [node]);
    throw fault;
  }
}

/** What the kind named, else what it deployed; unnamed ones under the step's `publishes`. */
function publishedBy(
  placed: PlacedStep,
  resolved: ResolvedStep,
  answered: readonly PublishedArtifact[],
): readonly PublishedArtifact[] {
  const { wanted } = resolved;
  const isWanted = (one: Artifact) =>
    artifactDigest(one) === wanted || (wanted !== undefined && fileDigest(one) === wanted);
  const deployed = resolved.deploys ? resolved.artifacts.filter(isWanted) : [];
  const published = answered.length > 0 ? answered : deployed.slice(0, 1).map((artifact) => ({ artifact }));
  return published.map(({ name = placed.step.publishes, artifact }: PublishedArtifact) => ({
    artifact,
    ...(name === undefined ? {} : { name }),
  }));
}

/** The first of what runs at the target that is not the wanted image. */
async function findOther(
  ports: StepPorts,
  run: Run,
  at: { readonly resolved: ResolvedStep; readonly answer: Extract<StepAnswer, { kind: 'done' }> },
): Promise<Digest | undefined> {
  const { wanted, repository } = at.resolved;
  const { observed, others = [] } = at.answer;
  if (wanted === undefined || observed === undefined) return undefined;
  for (const one of [observed, ...others]) {
    if (!(await isObserved(ports, run, { repository, wanted, observed: one }))) return one;
  }
  return undefined;
}

async function isObserved(
  ports: StepPorts,
  run: Run,
  at: { readonly repository: string | undefined; readonly wanted: Digest; readonly observed: Digest },
): Promise<boolean> {
  if (at.wanted === at.observed) return true;
  if (at.repository === undefined) return false;
  return isSameImage(at.wanted, at.observed, {
    wanted: await findKnownImage(ports, run, { name: at.repository, digest: at.wanted }),
    observed: await findKnownImage(ports, run, { name: at.repository, digest: at.observed }),
  });
}

/** A failed deployment moves no head; it becomes evidence at the execution's end, when nothing can change it any more. */
export async function failStep(
  ports: StepPorts,
  run: Run,
  at: Pick<StepPlace, 'placed' | 'node'> & { readonly error: FaultRecord; readonly observed?: Digest },
): Promise<StepResult> {
  const { code, message } = at.error;
  if (code === 'digestMismatch') {
    ports.metrics.add('digestMismatches');
    ports.log.error(digestMismatchMessage, { execution: run.execution.id, node: at.placed.node, reason: message });
  }
  await giveUpIntent(ports, run, at.placed);
  const node = await writeNode(ports, {
    ...at.node,
    attempt: run.execution.attempt,
    status: 'failed',
    endedAt: ports.clock.now(),
    kind: at.placed.step.kind,
    error: { code, message },
    ...(at.observed === undefined ? {} : { observed: at.observed }),
  });
  return { kind: 'ended', node };
}

async function supersedeStep(ports: StepPorts, run: Run, at: StepPlace & { readonly by: string }): Promise<StepResult> {
  await markSuperseded(ports, run.execution.id, at.by);
  const node = await writeNode(ports, {
    ...at.node,
    attempt: run.execution.attempt,
    status: 'cancelled',
    endedAt: ports.clock.now(),
    supersededBy: at.by,
    error: { code: 'superseded', message: `${at.by} is newer and was deployed already.` },
  });
  return { kind: 'ended', node };
}

/** Stops a step of a cancelled execution: what can be cancelled is, and the ledger says what was under way. */
export async function cancelStep(
  ports: StepPorts,
  run: Run,
  at: Pick<StepPlace, 'placed' | 'node'>,
): Promise<LedgerNode> {
  const started = at.node.status !== 'notStarted';
  const node = started ? await withWanted(ports, run, at) : at.node;
  if (started) await cancelOutside(ports, run, at);
  await giveUpIntent(ports, run, at.placed);
  const code = run.execution.stop?.kind ?? 'cancelled';
  const message = started
    ? 'Stopped while it was under way; the target may have changed.'
    : 'Stopped before it started.';
  return writeNode(ports, {
    ...node,
    attempt: run.execution.attempt,
    status: 'cancelled',
    endedAt: ports.clock.now(),
    error: { code, message },
  });
}

async function cancelOutside(ports: StepPorts, run: Run, at: Pick<StepPlace, 'placed' | 'node'>): Promise<void> {
  const resolved = await resolveStep(ports, run, at.placed);
  if (resolved.kind === 'failed') return;
  try {
    await findDeployer(ports, at.placed).cancel?.(stepRequest(run, { ...at, resolved }));
  } catch (error) {
    ports.log.warn('a step could not be cancelled at its target', {
      execution: run.execution.id,
      node: at.placed.node,
      code: faultRecord(error).code,
    });
  }
}
