import type { Approval } from '../domain/approval.ts';
import type { Caller } from '../domain/caller.ts';
import { decideApproval } from '../domain/decide-approval.ts';
import type { Digest } from '../domain/digest.ts';
import { Failure } from '../domain/failure.ts';
import type { Ports } from '../ports/ports.ts';
import { tryToWake, wakeNode } from './wake.ts';

export type DecideAnswer =
  | { readonly kind: 'decided' | 'repeated'; readonly approval: Approval }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'forbidden' | 'conflict' | 'gone'; readonly message: string };

export interface DecideInput {
  readonly caller: Caller;
  readonly id: string;
  readonly decision: 'approve' | 'reject';
  readonly digests: readonly Digest[];
  readonly comment?: string;
}

/**
 * One person's decision about one set of digests. It is in the approval before anyone is woken, so a wake that gets lost costs
 * time only; two people at once are two writes, the slower one deciding anew over the faster one's.
 */
export async function decideOnApproval(
  ports: Pick<Ports, 'executions' | 'orchestrator' | 'clock' | 'log'>,
  input: DecideInput,
): Promise<DecideAnswer> {
  for (let tries = 0; tries < 8; tries++) {
    const approval = await ports.executions.approval(input.id);
    if (approval === undefined) return { kind: 'notFound' };
    const decided = decideApproval(approval, input, ports.clock.now());
    if ('message' in decided) return decided;
    if (decided.kind === 'repeated') {
      await wakeDecided(ports, approval);
      return { kind: 'repeated', approval };
    }
    const saved = await ports.executions.saveApproval(decided.approval);
    if (saved === undefined) continue;
    ports.log.info('approval decided', { approval: saved.id, execution: saved.executionId, decision: input.decision });
    await wakeDecided(ports, saved);
    return { kind: 'decided', approval: saved };
  }
  throw new Failure('conflict', `Approval ${input.id} is being decided by many at once; try again.`);
}

/** Also when told again: the first wake may have been lost. */
async function wakeDecided(ports: Pick<Ports, 'executions' | 'orchestrator'>, approval: Approval): Promise<void> {
  if (approval.status !== 'pending') await tryToWake(wakeNode(ports, approval.executionId, approval.stage));
}
