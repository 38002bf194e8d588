import type { Approval } from '../domain/approval.ts';
import type { Artifact } from '../domain/artifact.ts';
import type { Head } from '../domain/environment.ts';
import type { BoundArtifact, Execution, GateState, LedgerNode, NodeStatus } from '../domain/execution.ts';
import { jobNode, statusOf, stepNode } from '../domain/ledger.ts';
import type { Plan, PlanJob, PlanStage, PlanStep } from '../domain/plan.ts';
import { presentOptionalTime as time } from './present-time.ts';

/** Shapes of contract 4. Absent stays absent: JSON leaves `undefined` out. */

/** An execution in a list. */
export function presentExecutionSummary(execution: Execution) {
  const { id, pipeline, pipelineVersion, attempt, status, trigger, buildNumber, error } = execution;
  return {
    id,
    pipeline,
    pipelineVersion,
    attempt,
    status,
    buildNumber,
    trigger: presentTrigger(execution),
    createdAt: time(execution.createdAt),
    startedAt: time(execution.startedAt),
    endedAt: time(execution.endedAt),
    boundArtifacts: execution.bound.map(({ id: source, artifact }) => ({ id: source, artifact })),
    tag: trigger.tag,
    error,
  };
}

function presentTrigger(execution: Execution) {
  const { type, receiver, deliveryId, user, parent, payload, artifacts } = execution.trigger;
  const resolved = execution.bound.map(presentBinding);
  return {
    type,
    receiver,
    deliveryId,
    user,
    parent: parent === undefined ? undefined : { executionId: parent.executionId, pipeline: parent.pipeline },
    payload,
    artifacts: distinct([...artifacts, ...execution.bound.map((one) => one.artifact)]),
    expectedArtifacts: resolved,
    resolvedExpectedArtifacts: resolved,
  };
}

function distinct(artifacts: readonly Artifact[]): readonly Artifact[] {
  return [...new Map(artifacts.map((one) => [one.uuid, one])).values()];
}

function presentBinding(bound: BoundArtifact) {
  const { id, displayName, artifact, from, build, tag } = bound;
  return { id, displayName, boundArtifact: artifact, from, build, tag };
}

export function presentExecution(view: {
  readonly execution: Execution;
  readonly plan: Plan;
  readonly nodes: readonly LedgerNode[];
}) {
  const nodes = new Map(view.nodes.map((node) => [node.name, node]));
  return {
    ...presentExecutionSummary(view.execution),
    stopRequested: view.execution.stop === undefined ? undefined : view.execution.stop.kind,
    resolvedExpectedArtifacts: view.execution.bound.map(presentBinding),
    stages: view.plan.stages.map((stage) => presentStage(view.execution, stage, nodes)),
  };
}

function presentStage(execution: Execution, stage: PlanStage, nodes: ReadonlyMap<string, LedgerNode>) {
  const node = nodes.get(stage.id);
  const jobs = stage.jobs.map((job) => presentJob(stage, job, nodes));
  return {
    id: stage.id,
    environment: stage.environment,
    status: statusOf(node),
    reason: presentReason(node),
    startedAt: time(node?.startedAt),
    endedAt: time(node?.endedAt),
    supersededBy: node?.supersededBy,
    gates: stage.gates.map((gate, index) => presentGate(gate.kind, node?.gates?.[index])),
    inputArtifacts: execution.bound.map(({ id, artifact }) => ({ id, artifact })),
    artifacts: jobs.flatMap((job) => job.steps.flatMap((step) => step.artifacts ?? [])),
    jobs,
  };
}

/** Why a stage stands still or ended as it did. */
function presentReason(node: LedgerNode | undefined): string | undefined {
  if (node?.error !== undefined) return `${node.error.code}: ${node.error.message}`;
  if (node?.park === undefined || node.status !== 'waiting') return undefined;
  const waiting = node.gates?.find((gate) => gate.status === 'waiting')?.message;
  const words = {
    needs: 'Waits for the stages it needs.',
    lock: 'Waits for the environment, which another execution holds.',
  };
  if (node.park.why === 'needs' || node.park.why === 'lock') return words[node.park.why];
  return waiting ?? 'Waits for its gates.';
}

function presentGate(kind: string, state: GateState | undefined) {
  if (state === undefined) return { kind, status: 'notAsked' };
  const { status, code, message, fix, approvalId } = state;
  return { kind, status, code, message, fix, approvalId, until: time(state.until), at: time(state.at) };
}

function presentJob(stage: PlanStage, job: PlanJob, nodes: ReadonlyMap<string, LedgerNode>) {
  const node = nodes.get(jobNode(stage.id, job.id));
  const steps = job.steps.map((step) => presentStep(nodes.get(stepNode(stage.id, job.id, step.id)), step));
  return { id: job.id, status: jobStatus(node, steps), error: node?.error, steps };
}

/** A job has no entry of its own until it ends or waits for others: what its steps say is what it does. */
function jobStatus(node: LedgerNode | undefined, steps: readonly { readonly status: NodeStatus }[]): NodeStatus {
  if (node?.endedAt !== undefined) return node.status;
  if (steps.some((step) => step.status !== 'notStarted')) return 'running';
  return statusOf(node);
}

function presentStep(node: LedgerNode | undefined, step: PlanStep) {
  return {
    id: step.id,
    step: step.kind,
    status: statusOf(node),
    wanted: node?.wanted,
    observed: node?.observed,
    artifacts: node?.artifacts?.map(({ name, artifact }) => ({ name: name ?? 'default', artifact })),
    startedAt: time(node?.startedAt),
    endedAt: time(node?.endedAt),
    attempt: node?.attempt,
    error: node?.error,
  };
}

export function presentApproval(approval: Approval) {
  const { id, executionId, pipeline, stage, environment, artifacts, groups, count, status, forbidSelf } = approval;
  return {
    id,
    executionId,
    pipeline,
    stage,
    environment,
    artifacts,
    requestedAt: time(approval.requestedAt),
    expiresAt: time(approval.expiresAt),
    endedAt: time(approval.endedAt),
    groups,
    count,
    forbidSelf,
    status,
    decisions: approval.decisions.map(({ subject, decision, at, comment, digests }) => ({
      subject,
      decision,
      at: time(at),
      comment,
      digests,
    })),
  };
}

export function presentHead(head: Head) {
  const { pipeline, stage, job, step, repository, digest, executionId } = head;
  return { pipeline, stage, job, step, repository, digest, since: time(head.since), executionId };
}
