import { claimText } from '../../domain/claim.ts';
import type { ExecutionStatus, LedgerNode } from '../../domain/execution.ts';
import { idempotencyKey, jobOfStep } from '../../domain/ledger.ts';
import type { Ports } from '../../ports/ports.ts';
import { wakeNode } from '../wake.ts';
import type { Run } from './load-run.ts';
import { publishedArtifacts } from './published-artifacts.ts';

/**
 * Gives a waiting parent its answer: the child's artifacts become the step's and its failure the step's. The answer is written
 * into the parent's ledger before anybody is woken; a step that has ended or did not wait is left alone.
 */
export async function answerParent(
  ports: Pick<Ports, 'executions' | 'orchestrator' | 'clock' | 'sha256'>,
  run: Run,
  end: { readonly nodes: readonly LedgerNode[]; readonly status: ExecutionStatus },
): Promise<void> {
  const { parent } = run.execution.trigger;
  if (parent === undefined) return;
  for (let tries = 0; tries < 8; tries++) {
    const step = (await ports.executions.nodes(parent.executionId, [parent.node])).get(parent.node);
    const waits = step !== undefined && ['running', 'waiting'].includes(step.status) && step.callback !== undefined;
    if (!waits || step.callback?.answer !== undefined || !isChildOf(ports, run, step)) break;
    const answer = {
      status: end.status === 'succeeded' ? ('succeeded' as const) : ('failed' as const),
      artifacts: publishedArtifacts(run, end.nodes).map(({ name, artifact }) => ({ name, artifact })),
      ...(end.status === 'succeeded' ? {} : { reason: `${run.execution.id} ended as ${end.status}.` }),
      bodyHash: '',
      at: ports.clock.now(),
    };
    const saved = await ports.executions.saveNode({ ...step, callback: { ...step.callback, answer } });
    if (saved !== undefined) break;
  }
  await wakeNode(ports, parent.executionId, jobOfStep(parent.node));
}

/**
 * Whether the step waits for this very child. An earlier attempt's child may end (it was cancelled with its parent) while the
 * next attempt waits for another; a child's id carries the hash of the key that it was started under.
 */
function isChildOf(ports: Pick<Ports, 'sha256'>, run: Run, step: LedgerNode): boolean {
  const { pipeline, id } = run.execution;
  const key = idempotencyKey(step.execution, step.name, step.attempt);
  const claim = ports.sha256(claimText({ kind: 'child', pipeline, parent: step.execution, key }));
  return id.endsWith(claim.slice(0, 24));
}
