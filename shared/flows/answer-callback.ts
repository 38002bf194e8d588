import type { CallbackAnswer, LedgerNode } from '../domain/execution.ts';
import { Failure } from '../domain/failure.ts';
import { isEnded, jobOfStep } from '../domain/ledger.ts';
import type { Ports } from '../ports/ports.ts';
import { tryToWake, wakeNode } from './wake.ts';

export type CallbackResult =
  | { readonly kind: 'accepted' | 'repeated' }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'conflict' | 'gone'; readonly message: string };

/**
 * Ends a step that waits: the same body again is accepted again, another is a conflict, and after the step's end (or its time)
 * it is over. The answer is in the ledger before the wake.
 */
export async function answerCallback(
  ports: Pick<Ports, 'executions' | 'orchestrator' | 'clock' | 'sha256'>,
  input: { readonly token: string; readonly answer: Omit<CallbackAnswer, 'at'> },
): Promise<CallbackResult> {
  const tokenHash = ports.sha256(input.token);
  const found = await ports.executions.findCallback(tokenHash);
  if (found === undefined) return { kind: 'notFound' };
  for (let tries = 0; tries < 8; tries++) {
    const node = (await ports.executions.nodes(found.execution, [found.node])).get(found.node);
    const settled = settle(node, { tokenHash, bodyHash: input.answer.bodyHash }, ports.clock.now());
    // Told again, it also wakes again: the first wake may have been lost.
    if (settled?.kind === 'repeated') await wakeJob(ports, found);
    if (settled !== undefined) return settled;
    if (node?.callback === undefined) return { kind: 'notFound' };
    const callback = { ...node.callback, answer: { ...input.answer, at: ports.clock.now() } };
    if ((await ports.executions.saveNode({ ...node, callback })) === undefined) continue;
    await wakeJob(ports, found);
    return { kind: 'accepted' };
  }
  throw new Failure('conflict', 'The step is being answered by many at once; try again.');
}

async function wakeJob(
  ports: Pick<Ports, 'executions' | 'orchestrator'>,
  step: { readonly execution: string; readonly node: string },
): Promise<void> {
  await tryToWake(wakeNode(ports, step.execution, jobOfStep(step.node)));
}

/** Undefined = the answer is the first and comes in time. */
function settle(
  node: LedgerNode | undefined,
  given: { readonly tokenHash: string; readonly bodyHash: string },
  now: number,
): CallbackResult | undefined {
  // A retry asks under a new token: what an earlier attempt was told says nothing about this one.
  if (node?.callback?.tokenHash !== given.tokenHash)
    return { kind: 'gone', message: 'The step no longer waits for an answer.' };
  const { answer, until } = node.callback;
  if (answer?.bodyHash === given.bodyHash) return { kind: 'repeated' };
  if (isEnded(node)) {
    return { kind: 'gone', message: `The step has ended as ${node.status}.` };
  }
  if (answer !== undefined) return { kind: 'conflict', message: 'The step was answered with another body already.' };
  return until <= now ? { kind: 'gone', message: 'The time to answer is over.' } : undefined;
}
