import { type Execution, isOpen, type Stop } from '../domain/execution.ts';
import type { Ports } from '../ports/ports.ts';
import { changeExecution } from './run/load-run.ts';
import { tryToWake, wakeExecution } from './wake.ts';

export type CancelAnswer =
  | { readonly kind: 'cancelling'; readonly execution: Execution }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'ended'; readonly execution: Execution };

/**
 * Stops an execution at its next effect. The ledger says so first, then everything parked is woken to read it; a wake that
 * gets lost is made good by the sweep. Asking again while it stops is the same answer.
 */
export async function cancelExecution(
  ports: Pick<Ports, 'executions' | 'orchestrator' | 'clock'>,
  input: { readonly id: string; readonly by: string; readonly kind?: Stop['kind'] },
): Promise<CancelAnswer> {
  const present = await ports.executions.find(input.id);
  if (present === undefined) return { kind: 'notFound' };
  const stop: Stop = { kind: input.kind ?? 'cancelled', at: ports.clock.now(), by: input.by };
  const stopped = await changeExecution(ports, input.id, (execution) =>
    isOpen(execution) && isStronger(stop, execution.stop) ? { ...execution, stop } : undefined,
  );
  const execution = stopped ?? (await ports.executions.find(input.id)) ?? present;
  if (!isOpen(execution)) return { kind: 'ended', execution };
  await tryToWake(wakeExecution(ports, input.id));
  return { kind: 'cancelling', execution };
}

/** A superseded run lets finish what has begun; who cancels it wants that stopped, too. */
function isStronger(stop: Stop, present: Stop | undefined): boolean {
  return present === undefined || (present.kind === 'superseded' && stop.kind !== 'superseded');
}
