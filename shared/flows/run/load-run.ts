import { type Execution, isOpen, type LedgerNode } from '../../domain/execution.ts';
import { Failure } from '../../domain/failure.ts';
import { freshNode, isEnded } from '../../domain/ledger.ts';
import type { PipelineDefinition } from '../../domain/pipeline.ts';
import type { Plan } from '../../domain/plan.ts';
import type { Ports } from '../../ports/ports.ts';
import { loadPlan } from '../load-pipeline.ts';

/** One execution with the plan that its claim froze: what every task of the machine starts from. */
export interface Run {
  readonly execution: Execution;
  readonly definition: PipelineDefinition;
  readonly plan: Plan;
}

/** Reads the execution consistently; Failure `internal` when the machine runs something the table does not know. */
export async function loadRun(ports: Pick<Ports, 'executions' | 'pipelines'>, id: string): Promise<Run> {
  const execution = await ports.executions.find(id);
  if (execution === undefined) throw new Failure('internal', `Execution ${id} is not in the table.`);
  return { execution, ...(await loadPlan(ports, execution.pipeline, execution.pipelineVersion)) };
}

/** Whether the machine that asks is the one that runs the execution now; an earlier one must do nothing more. */
export function isCurrent(run: Run, machine: string): boolean {
  return run.execution.machine === machine && isOpen(run.execution);
}

export async function loadNode(ports: Pick<Ports, 'executions'>, run: Run, name: string): Promise<LedgerNode> {
  const { id, attempt } = run.execution;
  const found = (await ports.executions.nodes(id, [name])).get(name);
  if (found !== undefined && (isEnded(found) || found.attempt >= attempt)) return found;
  // What a call of an earlier attempt wrote after its end counts for nothing: this attempt has not begun the node.
  return { ...freshNode(id, name, attempt), rev: found?.rev ?? 0 };
}

/** Writes a node or fails with `conflict`: another call of the same task was faster, and the retry will find what it wrote. */
export async function writeNode(ports: Pick<Ports, 'executions'>, node: LedgerNode): Promise<LedgerNode> {
  const saved = await ports.executions.saveNode(node);
  if (saved === undefined)
    throw new Failure('conflict', `Node ${node.name} of ${node.execution} was changed meanwhile.`);
  return saved;
}

/** Changes the execution by what is stored now, or answers undefined when the change no longer applies. */
export async function changeExecution(
  ports: Pick<Ports, 'executions'>,
  id: string,
  change: (present: Execution) => Execution | undefined,
): Promise<Execution | undefined> {
  for (let tries = 0; tries < 8; tries++) {
    const present = await ports.executions.find(id);
    const wanted = present === undefined ? undefined : change(present);
    if (wanted === undefined) return undefined;
    const saved = await ports.executions.save(wanted);
    if (saved !== undefined) return saved;
  }
  throw new Failure('conflict', `Execution ${id} is being changed too often at once.`);
}

/** Marks the whole execution as superseded, unless it is stopped already: no further stage of it starts (ruling 1). */
export async function markSuperseded(
  ports: Pick<Ports, 'clock' | 'executions'>,
  id: string,
  by: string,
): Promise<void> {
  await changeExecution(ports, id, (present) =>
    present.stop === undefined ? { ...present, stop: { kind: 'superseded', at: ports.clock.now(), by } } : undefined,
  );
}
