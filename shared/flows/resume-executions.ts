import { isOpen } from '../domain/execution.ts';
import { taskVersion } from '../domain/machine-io.ts';
import type { Ports } from '../ports/ports.ts';

const pageSize = 100;

/**
 * Starts the machine of every open execution again, for an engine that forgot them all: the ledger answers for what was done,
 * so each goes on where it stood. Answers how many.
 */
export async function resumeExecutions(ports: Pick<Ports, 'executions' | 'orchestrator' | 'log'>): Promise<number> {
  let resumed = 0;
  let cursor: string | undefined;
  do {
    const page = await ports.executions.open({ cursor, limit: pageSize });
    for (const id of page.items) resumed += (await resumeOne(ports, id)) ? 1 : 0;
    cursor = page.next;
  } while (cursor !== undefined);
  return resumed;
}

async function resumeOne(ports: Pick<Ports, 'executions' | 'orchestrator'>, id: string): Promise<boolean> {
  const execution = await ports.executions.find(id);
  if (execution === undefined || !isOpen(execution)) return false;
  const { machine } = execution;
  await ports.orchestrator.start(machine, { v: taskVersion, execution: id, machine });
  return true;
}
