import { Failure, type FaultRecord } from '../domain/failure.ts';
import { withJobStatuses } from '../domain/job-status.ts';
import { isEnded, stepsByNode, withoutPark } from '../domain/ledger.ts';
import { endExecution } from './run/end-execution.ts';
import { endStage } from './run/leave-stage.ts';
import { isCurrent, loadRun, type Run, writeNode } from './run/load-run.ts';
import { withWanted } from './run/resolve-step.ts';
import type { RunPorts } from './run/run-node.ts';

export interface FinishInput {
  /** The machine execution's name. */
  readonly machine: string;
  /** What the engine says of its end. */
  readonly error?: string;
}

/**
 * Ends an execution whose machine has ended without saying so (`States.Runtime`, a stop from the console, a lost End). Does
 * nothing unless this machine is the ledger's current one (ruling 23); idempotent.
 */
export async function finishExecution(ports: RunPorts, input: FinishInput): Promise<'finished' | 'nothingToDo'> {
  const id = input.machine.replace(/-r\d+$/, '');
  if ((await ports.executions.find(id)) === undefined) return 'nothingToDo';
  const run = await loadRun(ports, id);
  if (!isCurrent(run, input.machine)) return 'nothingToDo';
  return finish(ports, run, input);
}

/** A call of the machine may still be under way, and two may finish at once: who is overtaken looks again. */
async function finish(ports: RunPorts, run: Run, input: FinishInput): Promise<'finished' | 'nothingToDo'> {
  let present = run;
  for (let tries = 1; isCurrent(present, input.machine); tries++) {
    try {
      await finishOnce(ports, present, input);
      return 'finished';
    } catch (fault) {
      if (!(fault instanceof Failure) || fault.code !== 'conflict' || tries >= 8) throw fault;
      present = await loadRun(ports, run.execution.id);
    }
  }
  return 'nothingToDo';
}

async function finishOnce(ports: RunPorts, run: Run, input: FinishInput): Promise<void> {
  const error: FaultRecord = {
    code: run.execution.stop?.kind ?? 'engineStopped',
    message: `The state machine ended before the execution did (${input.error ?? 'no reason given'}). Retry the execution.`,
  };
  await failOpenNodes(ports, run, error);
  await endExecution(ports, run, error);
}

/** Steps and jobs first, stages last: ending a stage gives its place in the environment back. */
async function failOpenNodes(ports: RunPorts, run: Run, error: FaultRecord): Promise<void> {
  const stored = await ports.executions.allNodes(run.execution.id);
  const nodes = withJobStatuses(run.plan, run.execution, stored);
  const status = run.execution.stop === undefined ? 'failed' : 'cancelled';
  const steps = stepsByNode(run.plan);
  for (const node of nodes) {
    if (isEnded(node) || !node.name.includes('/')) continue;
    const placed = steps.get(node.name);
    const open = placed === undefined ? node : await withWanted(ports, run, { placed, node });
    await writeNode(ports, { ...withoutPark(open), status, error, endedAt: ports.clock.now() });
  }
  const byName = new Map(nodes.map((node) => [node.name, node]));
  for (const stage of run.plan.stages) {
    const node = byName.get(stage.id);
    if (node !== undefined && !isEnded(node)) await endStage(ports, run, stage, { ...node, status, error });
  }
}
