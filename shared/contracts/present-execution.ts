import type { BoundArtifact, Execution, GateState, LedgerNode, Trigger } from '../domain/execution.ts';
import { jobNode, statusOf, stepNode } from '../domain/ledger.ts';
import type { Plan, PlanJob, PlanStage, PlanStep } from '../domain/plan.ts';
import { presentArtifact, presentPublished } from './present-artifact.ts';
import { presentOptionalTime, presentTime } from './present-time.ts';

export interface PresentedRun {
  readonly execution: Execution;
  readonly plan: Plan;
  readonly nodes: readonly LedgerNode[];
}

type Nodes = ReadonlyMap<string, LedgerNode>;

/** What lists show: everything but the stages and a webhook's body, which may be a megabyte. */
export function presentListedExecution(execution: Execution) {
  const { trigger, ...listed } = presentHead(execution);
  return { ...listed, trigger: trigger.type === 'webhook' ? { ...trigger, payload: undefined } : trigger };
}

function presentHead(execution: Execution) {
  const bound = execution.bound.map(presentBound);
  return {
    id: execution.id,
    pipeline: execution.pipeline,
    pipelineVersion: execution.pipelineVersion,
    attempt: execution.attempt,
    buildNumber: execution.buildNumber,
    status: execution.status,
    trigger: { ...presentTrigger(execution.trigger), ...expectations(execution) },
    createdAt: presentTime(execution.createdAt),
    startedAt: presentTime(execution.startedAt ?? execution.createdAt),
    endedAt: presentOptionalTime(execution.endedAt),
    boundArtifacts: execution.bound.map(({ id, artifact }) => ({ id, artifact: presentArtifact(artifact) })),
    resolvedExpectedArtifacts: bound,
    warnings: execution.warnings,
    parameters: execution.parameters,
    error: execution.error,
  };
}

export function presentExecution(run: PresentedRun) {
  const nodes = new Map(run.nodes.map((node) => [node.name, node]));
  return {
    ...presentHead(run.execution),
    stages: run.plan.stages.map((stage) => presentStage(run, stage, nodes)),
  };
}

function presentTrigger(trigger: Trigger) {
  const { type, receiver, deliveryId, user, parent, repository, tag, payload } = trigger;
  const artifacts = trigger.artifacts.map(presentArtifact);
  return { type, receiver, deliveryId, user, parent, repository, tag, payload, artifacts };
}

/** Every source is an expected artifact under its own id. */
function expectations({ bound }: Execution) {
  return {
    expectedArtifacts: bound.map(({ id, displayName }) => ({ id, displayName })),
    resolvedExpectedArtifacts: bound.map(presentBound),
  };
}

function presentBound({ id, displayName, artifact, from }: BoundArtifact) {
  return { id, displayName, boundArtifact: presentArtifact(artifact), from };
}

function presentStage(run: PresentedRun, stage: PlanStage, nodes: Nodes) {
  const node = nodes.get(stage.id);
  const jobs = stage.jobs.map((job) => presentJob(stage, job, nodes));
  return {
    id: stage.id,
    environment: stage.environment,
    status: statusOf(node),
    reason: reasonOf(node),
    supersededBy: node?.supersededBy,
    gates: (node?.gates ?? []).map(presentGate),
    inputArtifacts: inputsOf(run.execution, stage).map(presentArtifact),
    artifacts: jobs.flatMap((job) => job.steps).flatMap((step) => (step.artifacts ?? []).map((one) => one.artifact)),
    jobs,
    startedAt: presentOptionalTime(node?.startedAt),
    endedAt: presentOptionalTime(node?.endedAt),
  };
}

/** A fault, who superseded it, or what it waits for. */
function reasonOf(node: LedgerNode | undefined): string | undefined {
  if (node?.supersededBy !== undefined) return `supersededBy ${node.supersededBy}`;
  if (node?.error !== undefined) return `${node.error.code}: ${node.error.message}`;
  return node?.status === 'waiting' && node.park !== undefined ? `waits for ${node.park.why}` : undefined;
}

/** The bound artifacts whose sources a stage's steps name. */
function inputsOf({ bound }: Execution, stage: PlanStage) {
  const text = JSON.stringify(stage.jobs.flatMap((job) => job.steps.map((step) => step.with)));
  const isNamed = (id: string) => [']', '.'].some((end) => text.includes(`$[sources.${id}${end}`));
  return bound.filter(({ id }) => isNamed(id)).map(({ artifact }) => artifact);
}

function presentGate({ kind, status, code, message, fix, approvalId, until, at }: GateState) {
  return { kind, status, code, message, fix, approvalId, until: presentOptionalTime(until), at: presentTime(at) };
}

function presentJob(stage: PlanStage, job: PlanJob, nodes: Nodes) {
  const status = statusOf(nodes.get(jobNode(stage.id, job.id)));
  return { id: job.id, status, steps: job.steps.map((step) => presentStep(stage, job, { step, nodes })) };
}

function presentStep(
  stage: PlanStage,
  job: PlanJob,
  { step, nodes }: { readonly step: PlanStep; readonly nodes: Nodes },
) {
  const node = nodes.get(stepNode(stage.id, job.id, step.id));
  return {
    id: step.id,
    step: step.kind,
    status: statusOf(node),
    wanted: node?.wanted,
    observed: node?.observed,
    artifacts: node?.artifacts?.map(presentPublished),
    error: node?.error,
    startedAt: presentOptionalTime(node?.startedAt),
    endedAt: presentOptionalTime(node?.endedAt),
  };
}
