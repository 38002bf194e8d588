import { parseDuration } from '../../domain/duration.ts';
import type { LedgerNode } from '../../domain/execution.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { idempotencyKey, type PlacedStep } from '../../domain/ledger.ts';
import type { StepAnswer } from '../../ports/deployer.ts';
import type { StepPlace, StepPorts } from './job-place.ts';
import { type Run, writeNode } from './load-run.ts';

/** A week: how long a step waits where its file names no time. */
const defaultWait = 7 * 86_400_000;

/**
 * Before the outside effect: the step can be answered from the moment its request leaves, so the token's hash is findable
 * and the node has a place for the answer first.
 */
export async function expectAnswer(
  ports: StepPorts,
  run: Run,
  at: { readonly placed: PlacedStep; readonly node: LedgerNode; readonly inputs: JsonObject },
): Promise<Pick<LedgerNode, 'callback'>> {
  const { wait } = at.inputs;
  if (wait === undefined || wait === false || !['webhook', 'pipeline'].includes(at.placed.step.kind)) return {};
  const until = (at.node.startedAt ?? ports.clock.now()) + waitTime(wait);
  if (at.placed.step.kind === 'pipeline') return { callback: { tokenHash: '', until } };
  const token = await ports.signer.mac(idempotencyKey(run.execution.id, at.placed.node, run.execution.attempt));
  const tokenHash = ports.sha256(token);
  await ports.executions.putCallback(tokenHash, run.execution.id, at.node.name, until + answeredFor);
  return { callback: { tokenHash, until } };
}

/** How long after its time a token is still known, so that who is late hears that it is over, not that it never was: 30 days. */
const answeredFor = 30 * 86_400_000;

/** What `wait` of a step says, ms. */
export function waitTime(wait: Json): number {
  const text = isJsonObject(wait) ? wait.timeout : undefined;
  return (typeof text === 'string' ? parseDuration(text) : undefined) ?? defaultWait;
}

/** From now on the step ends by its callback or its child, or when its time is over. */
export async function startWaiting(
  ports: StepPorts,
  at: StepPlace & { readonly answer: Extract<StepAnswer, { kind: 'wait' }> },
): Promise<LedgerNode> {
  const { answer, node } = at;
  return writeNode(ports, {
    ...node,
    status: 'waiting',
    callback: node.callback ?? { tokenHash: '', until: answer.until },
    ...(answer.memory === undefined ? {} : { memory: answer.memory }),
  });
}

/** What a waiting step has come to: nothing yet, its answer, or its time is over. */
export function answerWaiting(
  ports: Pick<StepPorts, 'clock'>,
  at: StepPlace,
): { readonly kind: 'still' } | { readonly kind: 'answered'; readonly answer: StepAnswer } {
  const { callback } = at.node;
  if (callback?.answer !== undefined) return { kind: 'answered', answer: toStepAnswer(callback.answer, at.placed) };
  if (callback !== undefined && callback.until > ports.clock.now()) return { kind: 'still' };
  const message = `${at.placed.node} was not answered in time.`;
  return { kind: 'answered', answer: { kind: 'failed', code: 'stepTimeout', message } };
}

function toStepAnswer(
  answer: NonNullable<NonNullable<LedgerNode['callback']>['answer']>,
  { step }: PlacedStep,
): StepAnswer {
  const observed = answer.observed === undefined ? {} : { observed: answer.observed };
  const skipped = step.kind === 'pipeline' && step.with.skipDownstreamOutput === true;
  const artifacts = skipped ? [] : (answer.artifacts ?? []);
  if (answer.status === 'succeeded') return { kind: 'done', artifacts, ...observed };
  return { kind: 'failed', code: 'stepFailed', message: answer.reason ?? 'The answer said: failed.', ...observed };
}
