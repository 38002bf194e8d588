import { claimText } from '../../domain/claim.ts';
import { distinctCompared } from '../../domain/compared-artifact.ts';
import type { ExecutionStatus, LedgerNode, PublishedArtifact } from '../../domain/execution.ts';
import { isArtifactName } from '../../domain/expression.ts';
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
  if (parent?.node === undefined) return;
  const { node } = parent;
  for (let tries = 0; tries < 8; tries++) {
    const step = (await ports.executions.nodes(parent.executionId, [node])).get(node);
    const waits = step !== undefined && ['running', 'waiting'].includes(step.status) && step.callback !== undefined;
    if (!waits || step.callback?.answer !== undefined || !isChildOf(ports, run, step)) break;
    const answer = {
      status: end.status === 'succeeded' ? ('succeeded' as const) : ('failed' as const),
      artifacts: outputOf(run, end.nodes),
      ...(end.status === 'succeeded' ? {} : { reason: `${run.execution.id} ended as ${end.status}.` }),
      bodyHash: '',
      at: ports.clock.now(),
    };
    const saved = await ports.executions.saveNode({ ...step, callback: { ...step.callback, answer } });
    if (saved !== undefined) break;
  }
  await wakeNode(ports, parent.executionId, jobOfStep(node));
}

/** What the steps published, and under its expectation's id whatever else a stage was bound to. What it was triggered with stays. */
function outputOf(run: Run, nodes: readonly LedgerNode[]): readonly PublishedArtifact[] {
  const published = publishedArtifacts(run, nodes).map(({ name, artifact }) => ({ name, artifact }));
  const bound = nodes.flatMap((node) => node.bound ?? []);
  const named = bound.filter(({ id }) => isArtifactName(id)).map(({ id, artifact }) => ({ name: id, artifact }));
  const kept = new Set(distinctCompared([...published, ...named].map(({ artifact }) => artifact)));
  return [...published, ...named.filter(({ artifact }) => kept.has(artifact))];
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
