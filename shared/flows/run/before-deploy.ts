import type { Digest } from '../../domain/digest.ts';
import { isOpen } from '../../domain/execution.ts';
import { Failure, type FaultRecord } from '../../domain/failure.ts';
import { isEnded, type PlacedStep } from '../../domain/ledger.ts';
import type { StageImage } from '../../domain/stage-images.ts';
import type { DeployIntent, HeadKey } from '../../ports/environment-store.ts';
import { type RegistryClient, registryFor } from '../../ports/registry-client.ts';
import { askAgain } from './ask-gates.ts';
import { findOvertaker } from './environment-turn.ts';
import type { StepPorts } from './job-place.ts';
import type { Run } from './load-run.ts';
import type { ResolvedStep } from './resolve-step.ts';

export type DeployCheck =
  | { readonly kind: 'clear' }
  | ({ readonly kind: 'denied' } & FaultRecord)
  | { readonly kind: 'superseded'; readonly by: string }
  /** Another run is deploying to the same place: ask again. */
  | { readonly kind: 'later' };

interface Deploying {
  readonly placed: PlacedStep;
  readonly resolved: ResolvedStep;
  readonly asked: readonly Digest[];
}

/**
 * What must hold right before bytes go out: the digest is one that the gates were asked for, nothing rejects it and its scan
 * still stands, the registry still has it, and in `parallel` nobody newer is or was there.
 */
export async function checkBeforeDeploy(ports: StepPorts, run: Run, at: Deploying): Promise<DeployCheck> {
  const { deploys, images, wanted } = at.resolved;
  if (!deploys || (images.length === 0 && wanted === undefined)) return { kind: 'clear' };
  const { stage } = at.placed;
  const unasked = stage.gates.length === 0 ? undefined : images.find((image) => !at.asked.includes(image.digest));
  if (unasked !== undefined) {
    const message = `${at.placed.node} would deploy ${unasked.digest}; the gates of ${stage.id} were asked for ${at.asked.join(', ') || 'none'}.`;
    return { kind: 'denied', code: 'notApproved', message };
  }
  const again = await askAgain(ports, { run, stage, images, arrivedAt: run.execution.createdAt });
  if (again.kind === 'deny') return { kind: 'denied', code: again.code, message: again.message };
  // Its gates were asked and allowed it; one that waits anew has lost what it knew.
  if (again.kind !== 'allow') return { kind: 'denied', code: 'gateDenied', message: `${stage.id}: a gate asks again.` };
  const registry = registryFor(ports.registry, [run.execution.pipeline]);
  for (const image of images) {
    await expectActive(ports, image);
    await expectManifest(registry, image.name, image.digest);
  }
  return run.plan.concurrency === 'parallel' ? takeTurn(ports, run, at.placed) : { kind: 'clear' };
}

/** An archived image is denied to whoever pulls it, in words that do not say why. */
async function expectActive(ports: Pick<StepPorts, 'imageStates'>, { name, digest }: StageImage): Promise<void> {
  const state = await ports.imageStates?.read(name, digest);
  if (state === 'archived') {
    throw new Failure('imageArchived', `${name}@${digest} is archived; restore it in its registry and retry.`);
  }
  if (state === 'activating') {
    throw new Failure(
      'imageArchived',
      `${name}@${digest} is being restored from the archive; retry when it is active.`,
    );
  }
}

/** Fails with manifestUnknown or digestMismatch when the registry no longer serves these bytes under this digest. */
async function expectManifest(registry: RegistryClient, repository: string, digest: Digest): Promise<void> {
  const manifest = await registry.manifest(repository, digest);
  if (manifest.digest !== digest) {
    throw new Failure('digestMismatch', `${repository} served ${manifest.digest} under ${digest}.`);
  }
}

/**
 * Without a lock, each head takes one deployment at a time: an intent, written before the deploy, that others wait for. So an
 * older run can neither overwrite a newer one nor overtake it half way.
 */
async function takeTurn(ports: StepPorts, run: Run, placed: PlacedStep): Promise<DeployCheck> {
  const key = headKey(run, placed);
  if (key === undefined) return { kind: 'clear' };
  const mine = intentOf(run, placed);
  const taken = await ports.environments.intend(key, mine);
  if (taken.kind === 'other') {
    if (!(await isOver(ports, taken.intent))) return { kind: 'later' };
    const replaced = await ports.environments.intend(key, mine, taken.intent);
    if (replaced.kind === 'other') return { kind: 'later' };
  }
  const by = await findOvertaker(ports, run, placed.stage);
  if (by === undefined) return { kind: 'clear' };
  await ports.environments.unintend(key, mine);
  return { kind: 'superseded', by };
}

/** Whether the step that wrote an intent can no longer act on it. */
async function isOver(ports: StepPorts, intent: DeployIntent): Promise<boolean> {
  const node = (await ports.executions.nodes(intent.executionId, [intent.node])).get(intent.node);
  if (isEnded(node)) return true;
  const execution = await ports.executions.find(intent.executionId);
  return execution === undefined || !isOpen(execution);
}

export async function giveUpIntent(ports: StepPorts, run: Run, placed: PlacedStep): Promise<void> {
  const key = headKey(run, placed);
  if (key === undefined || run.plan.concurrency !== 'parallel') return;
  await ports.environments.unintend(key, intentOf(run, placed));
}

function intentOf(run: Run, placed: PlacedStep): DeployIntent {
  return { order: run.execution.order, executionId: run.execution.id, node: placed.node };
}

function headKey(run: Run, placed: PlacedStep): HeadKey | undefined {
  if (placed.stage.environment === undefined) return undefined;
  return {
    environment: placed.stage.environment,
    pipeline: run.execution.pipeline,
    stage: placed.stage.id,
    job: placed.job.id,
    step: placed.step.id,
  };
}
