import { type Execution, isOpen } from '../../domain/execution.ts';
import { Failure, faultRecord } from '../../domain/failure.ts';
import type { Plan } from '../../domain/plan.ts';
import {
  addCounts,
  boundContent,
  noCounts,
  type PipelineProgress,
  type RetentionCounts,
  type RetentionRule,
  retentionRule,
  whyKept,
} from '../../domain/retention.ts';
import type { Ports } from '../../ports/ports.ts';
import { loadPlan } from '../load-pipeline.ts';
import { sweepContents, touchContents } from './sweep-contents.ts';
import { sweepExecution } from './sweep-execution.ts';

export type SweepPorts = Pick<
  Ports,
  'artifacts' | 'blobs' | 'clock' | 'contents' | 'environments' | 'executions' | 'log' | 'pipelines' | 'sha256'
>;

export interface PipelineSweep {
  readonly removed: RetentionCounts;
  /** What is left to do; undefined = the pipeline is done. */
  readonly left?: PipelineProgress;
}

const pageSize = 50;

/** What one walk through a pipeline's executions knows. */
interface Walk {
  readonly rule: RetentionRule;
  /** The run of the last successful build, which downstream pipelines bind to. */
  readonly lastBuild: string | undefined;
  /** Executions that are deployed, by environment, as far as asked for. */
  readonly deployed: Map<string, Promise<ReadonlySet<string>>>;
  readonly good: Map<string, number>;
}

/** Newest execution first, so that the last good ones are counted; content after that, when what kept runs need was touched. */
export async function sweepPipeline(
  ports: SweepPorts,
  progress: PipelineProgress,
  isSpent: () => boolean,
): Promise<PipelineSweep> {
  const { pipeline, cursor } = progress;
  if (progress.phase === 'executions') {
    const swept = await sweepExecutions(ports, progress, isSpent);
    if (swept.left !== undefined) return swept;
    const contents = await sweepPipeline(ports, { pipeline, phase: 'contents', good: {} }, isSpent);
    return { ...contents, removed: addCounts(swept.removed, contents.removed) };
  }
  const swept = await sweepContents(ports, { application: pipeline, cursor }, isSpent);
  if (swept.cursor === undefined) return { removed: swept.removed };
  return { removed: swept.removed, left: { ...progress, cursor: swept.cursor } };
}

async function sweepExecutions(
  ports: SweepPorts,
  progress: PipelineProgress,
  isSpent: () => boolean,
): Promise<PipelineSweep> {
  const { pipeline } = progress;
  const walk = await beginWalk(ports, progress);
  let removed = noCounts;
  let { cursor } = progress;
  do {
    const page = await ports.executions.list({ pipeline, cursor, limit: pageSize });
    for (const execution of page.items) {
      if (!(await attempt(ports, execution, walk))) continue;
      removed = { ...removed, executions: removed.executions + 1 };
    }
    cursor = page.next;
  } while (cursor !== undefined && !isSpent());
  if (cursor === undefined) return { removed };
  return { removed, left: { ...progress, cursor, good: Object.fromEntries(walk.good) } };
}

async function beginWalk(ports: SweepPorts, { pipeline, good }: PipelineProgress): Promise<Walk> {
  const head = await ports.pipelines.head(pipeline);
  const current = head === undefined ? undefined : await loadPlan(ports, pipeline, head.version);
  const last = await ports.artifacts.lastSuccessfulBuild(pipeline);
  return {
    rule: retentionRule(current?.definition),
    lastBuild: last?.execution,
    deployed: new Map(),
    good: new Map(Object.entries(good)),
  };
}

/** One broken execution must not keep the sweep from the others. */
async function attempt(ports: SweepPorts, execution: Execution, walk: Walk): Promise<boolean> {
  try {
    return await sweepOne(ports, execution, walk);
  } catch (error) {
    if (error instanceof Failure && error.retryable) throw error;
    ports.log.error('the retention of an execution failed', { execution: execution.id, ...faultRecord(error) });
    return false;
  }
}

/** True if it was removed. */
async function sweepOne(ports: SweepPorts, execution: Execution, walk: Walk): Promise<boolean> {
  const { plan } = await loadPlan(ports, execution.pipeline, execution.pipelineVersion);
  const isLastGood = await countGood(ports, { execution, plan, walk });
  const facts = {
    isLastGood,
    isLastBuild: execution.id === walk.lastBuild,
    isDeployed: await isDeployed(ports, { execution, plan, walk }),
  };
  const reason = whyKept(execution, facts, { ...walk.rule, now: ports.clock.now() });
  if (reason === undefined) return sweepExecution(ports, execution, plan);
  if (reason !== 'recent')
    await touchContents(ports, boundContent(execution.pipeline, [...execution.bound, ...(execution.inputs ?? [])]));
  return false;
}

interface Judged {
  readonly execution: Execution;
  readonly plan: Plan;
  readonly walk: Walk;
}

/** Counts it in each environment whose stage succeeded in it; a pipeline without environments counts its successes. */
async function countGood(ports: SweepPorts, { execution, plan, walk }: Judged): Promise<boolean> {
  if (isOpen(execution)) return false;
  const isWanted = (environment: string) => (walk.good.get(environment) ?? 0) < walk.rule.keep;
  const stages = plan.stages.filter(({ environment }) => environment !== undefined && isWanted(environment));
  const without = plan.stages.every(({ environment }) => environment === undefined);
  const good = new Set(without && isWanted('') && execution.status === 'succeeded' ? [''] : []);
  if (stages.length > 0) {
    const ids = stages.map((stage) => stage.id);
    const nodes = await ports.executions.nodes(execution.id, ids);
    for (const { id, environment = '' } of stages) if (nodes.get(id)?.status === 'succeeded') good.add(environment);
  }
  for (const environment of good) walk.good.set(environment, (walk.good.get(environment) ?? 0) + 1);
  return good.size > 0;
}

async function isDeployed(ports: SweepPorts, { execution, plan, walk }: Judged): Promise<boolean> {
  for (const environment of new Set(plan.stages.flatMap((stage) => stage.environment ?? []))) {
    const known = walk.deployed.get(environment) ?? deployedIn(ports, environment, execution.pipeline);
    walk.deployed.set(environment, known);
    if ((await known).has(execution.id)) return true;
  }
  return false;
}

async function deployedIn(ports: SweepPorts, environment: string, pipeline: string): Promise<ReadonlySet<string>> {
  const heads = await ports.environments.heads(environment, pipeline);
  return new Set(heads.map((head) => head.executionId));
}
