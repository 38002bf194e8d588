import type { Digest } from '../../domain/digest.ts';
import type { LedgerNode } from '../../domain/execution.ts';
import { type PlacedStep, stepsOf } from '../../domain/ledger.ts';
import type { PlanStage } from '../../domain/plan.ts';
import type { Ports } from '../../ports/ports.ts';
import { ownersAmongNeighbours } from '../pipeline-rights.ts';
import { findKnownImage } from './digest-facts.ts';
import type { Run } from './load-run.ts';
import { wakeStanding } from './wake-standing.ts';

export interface ObservedDeployment {
  readonly placed: PlacedStep;
  readonly repository: string;
  readonly wanted: Digest;
  readonly observed: Digest | 'notObserved';
  readonly at: number;
}

/**
 * What a finished deployment leaves behind before its node says so, which is the evidence of it: where it was observed in an
 * environment, the head. A head that is newer already stays (promise: older never overwrites newer).
 */
export async function recordDeployment(
  ports: Pick<Ports, 'executions' | 'environments' | 'orchestrator' | 'log'>,
  run: Run,
  deployment: ObservedDeployment,
): Promise<void> {
  const { placed, wanted, observed, at, repository } = deployment;
  const { execution } = run;
  if (observed === 'notObserved' || placed.stage.environment === undefined) return;
  const moved = await ports.environments.moveHead({
    environment: placed.stage.environment,
    pipeline: execution.pipeline,
    stage: placed.stage.id,
    job: placed.job.id,
    step: placed.step.id,
    repository,
    digest: wanted,
    order: execution.order,
    executionId: execution.id,
    since: at,
  });
  if (moved.kind === 'newer') {
    ports.log.warn('a newer deployment already stands in the environment', {
      execution: execution.id,
      environment: placed.stage.environment,
      newer: moved.head.executionId,
    });
    return;
  }
  await wakeStanding(ports, placed.stage.environment, execution.pipeline);
}

/** What `verified` will find: the observed deployments of a stage that succeeded. */
export async function recordVerified(
  ports: Pick<Ports, 'executions' | 'environments' | 'artifacts' | 'pipelines' | 'sha1'>,
  run: Run,
  stage: PlanStage,
): Promise<void> {
  if (stage.environment === undefined) return;
  const steps = stepsOf(stage);
  const [nodes, owners] = await Promise.all([
    ports.executions.nodes(
      run.execution.id,
      steps.map((step) => step.node),
    ),
    ownersAmongNeighbours(ports, run.definition),
  ]);
  for (const { node } of steps) {
    const done = nodes.get(node);
    if (done !== undefined) await recordVerifiedStep(ports, run, { environment: stage.environment, owners, done });
  }
}

async function recordVerifiedStep(
  ports: Pick<Ports, 'environments' | 'artifacts' | 'sha1'>,
  run: Run,
  at: { readonly environment: string; readonly owners: readonly string[]; readonly done: LedgerNode },
): Promise<void> {
  const { done, environment, owners } = at;
  if (done.status !== 'succeeded' || done.wanted === undefined || done.repository === undefined) return;
  if (done.observed === undefined || done.observed === 'notObserved') return;
  const recorded = await findKnownImage(ports, run, { name: done.repository, digest: done.wanted });
  await ports.environments.addVerified({
    environment,
    pipeline: run.execution.pipeline,
    owners,
    repository: done.repository,
    digest: done.wanted,
    ...(recorded?.revision === undefined ? {} : { revision: recorded.revision }),
    executionId: run.execution.id,
    node: done.name,
    at: done.endedAt ?? run.execution.createdAt,
  });
}
