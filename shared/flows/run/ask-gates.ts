import { approvalId } from '../../domain/approval-id.ts';
import type { GateState, LedgerNode } from '../../domain/execution.ts';
import { answerApproval } from '../../domain/gates/approval.ts';
import { type GateAnswer, strictest } from '../../domain/gates/gate-answer.ts';
import { answerRejected } from '../../domain/gates/rejected.ts';
import { answerScan } from '../../domain/gates/scan.ts';
import { answerTests } from '../../domain/gates/tests.ts';
import { answerVerified } from '../../domain/gates/verified.ts';
import type { Gate, VerifiedGate } from '../../domain/pipeline.ts';
import type { PlanStage } from '../../domain/plan.ts';
import type { StageImage } from '../../domain/stage-images.ts';
import type { Ports } from '../../ports/ports.ts';
import { ownersAmongNeighbours } from '../pipeline-rights.ts';
import { digestFacts, findKnownImage } from './digest-facts.ts';
import type { Run } from './load-run.ts';

type GatePorts = Pick<Ports, 'artifacts' | 'environments' | 'executions' | 'pipelines' | 'sha256' | 'sha1' | 'clock'>;

export interface AskedGates {
  /** One per gate that was asked, in file order: asking ends with the first that does not allow. */
  readonly states: readonly GateState[];
  /** Of the first that does not allow; else allow. */
  readonly answer: GateAnswer;
  /** Index of that gate. */
  readonly at: number;
}

interface Asking {
  readonly run: Run;
  readonly stage: PlanStage;
  readonly images: readonly StageImage[];
  readonly arrivedAt: number;
}

/** Asks a stage's gates in file order. Reads only; what `ask` and `deny` lead to is the caller's. */
export async function askGates(ports: GatePorts, asking: Asking): Promise<AskedGates> {
  const states: GateState[] = [];
  const rejected = await askRejected(ports, asking);
  if (rejected.kind === 'deny')
    return { states: [gateState('rejected', rejected, ports.clock.now())], answer: rejected, at: -1 };
  for (const [at, gate] of asking.stage.gates.entries()) {
    const answer = await askGate(ports, asking, { gate, at });
    const id = gate.kind === 'approval' ? { approvalId: gateApprovalId(ports, asking, at) } : {};
    states.push({ ...gateState(gate.kind, answer, ports.clock.now()), ...id });
    if (answer.kind !== 'allow') return { states, answer, at };
  }
  return { states, answer: { kind: 'allow' }, at: asking.stage.gates.length };
}

/** `rejected` and `scan` once more: under the lock, and before each deploy (ruling 1). */
export async function askAgain(ports: GatePorts, asking: Asking): Promise<GateAnswer & { readonly gate: GateState }> {
  const now = ports.clock.now();
  const rejected = await askRejected(ports, asking);
  if (rejected.kind !== 'allow') return { ...rejected, gate: gateState('rejected', rejected, now) };
  for (const [at, gate] of asking.stage.gates.entries()) {
    if (gate.kind !== 'scan') continue;
    const answer = await askGate(ports, asking, { gate, at });
    if (answer.kind !== 'allow') return { ...answer, gate: gateState(gate.kind, answer, now) };
  }
  return { kind: 'allow', gate: gateState('rejected', rejected, now) };
}

export function gateApprovalId(
  ports: Pick<Ports, 'sha256'>,
  asking: Pick<Asking, 'run' | 'stage'>,
  gate: number,
): string {
  const { execution } = asking.run;
  return approvalId(
    { execution: execution.id, stage: asking.stage.id, gate, attempt: execution.attempt },
    ports.sha256,
  );
}

async function askGate(
  ports: GatePorts,
  asking: Asking,
  one: { readonly gate: Gate; readonly at: number },
): Promise<GateAnswer> {
  const { gate } = one;
  if (gate.kind === 'approval') {
    return answerApproval(await ports.executions.approval(gateApprovalId(ports, asking, one.at)), ports.clock.now());
  }
  const answers: GateAnswer[] = [];
  for (const image of asking.images) answers.push(await askAboutImage(ports, asking, { gate, image }));
  return strictest(answers);
}

async function askAboutImage(
  ports: GatePorts,
  asking: Asking,
  about: { readonly gate: Exclude<Gate, { kind: 'approval' }>; readonly image: StageImage },
): Promise<GateAnswer> {
  const { gate, image } = about;
  if (gate.kind === 'verified') return askVerified(ports, asking, { gate, image });
  const input = {
    subject: subjectOf(image),
    facts: await digestFacts(ports, asking.run, image),
    now: ports.clock.now(),
    arrivedAt: asking.arrivedAt,
    owners: asking.run.definition.owners,
  };
  return gate.kind === 'scan' ? answerScan(gate, input) : answerTests(gate, input);
}

async function askVerified(
  ports: GatePorts,
  asking: Asking,
  about: { readonly gate: VerifiedGate; readonly image: StageImage },
): Promise<GateAnswer> {
  const { gate, image } = about;
  const facts = await digestFacts(ports, asking.run, image);
  const revision = (await findKnownImage(ports, asking.run, image))?.revision;
  return answerVerified(gate, {
    subject: subjectOf(image),
    digest: image.digest,
    byDigest: await ports.environments.verifiedByDigest(gate.environment, image.digest),
    byRevision:
      revision === undefined ? [] : await ports.environments.verifiedByRevision(gate.environment, image.name, revision),
    facts,
    now: ports.clock.now(),
    pipeline: asking.run.execution.pipeline,
    owners: await ownersAmongNeighbours(ports, asking.run.definition),
  });
}

async function askRejected(ports: GatePorts, asking: Asking): Promise<GateAnswer> {
  const answers: GateAnswer[] = [];
  for (const image of asking.images) {
    const facts = await digestFacts(ports, asking.run, image);
    answers.push(answerRejected({ subject: subjectOf(image), facts, owners: asking.run.definition.owners }));
  }
  return strictest(answers);
}

function subjectOf(image: StageImage): string {
  return `${image.name}@${image.digest}`;
}

function gateState(kind: string, answer: GateAnswer, at: number): GateState {
  switch (answer.kind) {
    case 'allow':
      return { kind, status: 'allowed', at };
    case 'deny':
      return { kind, status: 'denied', code: answer.code, message: answer.message, fix: answer.fix, at };
    case 'wait':
      return { kind, status: 'waiting', message: answer.message, until: answer.until, at };
    case 'ask':
      return { kind, status: 'waiting', at };
  }
}

/** Keeps the time of a gate's earlier answer where it has not changed, so that asking again does not look like news. */
export function mergeStates(before: LedgerNode['gates'], now: readonly GateState[]): readonly GateState[] {
  return now.map((state, index) => {
    const old = before?.[index];
    return old !== undefined && old.kind === state.kind && old.status === state.status && old.code === state.code
      ? { ...state, at: old.at }
      : state;
  });
}
