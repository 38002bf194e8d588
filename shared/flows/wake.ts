import type { Ports } from '../ports/ports.ts';

type WakePorts = Pick<Ports, 'executions' | 'orchestrator'>;

/**
 * Wakes one parked node. Waking decides nothing: the machine asks the ledger again, so a wake too many costs a transition
 * and a wake too few is made good by the sweep.
 */
export async function wakeNode(ports: WakePorts, execution: string, node: string): Promise<void> {
  const found = (await ports.executions.nodes(execution, [node])).get(node);
  if (found?.park?.token !== undefined) await ports.orchestrator.wake(found.park.token);
}

/**
 * For who answers a person or another program: what they said is in the ledger, so a wake that cannot be sent must not tell
 * them that it failed. The sweep wakes then. A task of the machine lets it fail and is tried again, which is sooner.
 */
export async function tryToWake(wake: Promise<void>): Promise<void> {
  await wake.catch(() => undefined);
}

/** Wakes every parked node of an execution: it was stopped. */
export async function wakeExecution(ports: WakePorts, execution: string): Promise<void> {
  const nodes = await ports.executions.allNodes(execution);
  for (const node of nodes) if (node.park?.token !== undefined) await ports.orchestrator.wake(node.park.token);
}

/** Wakes the stages whose gates wait for facts of a digest. Called after the fact is recorded. */
export async function wakeFactWaiters(ports: WakePorts, digest: string): Promise<void> {
  const waits = await ports.executions.factWaits(digest);
  for (const wait of waits) await wakeNode(ports, wait.execution, wait.node);
}
