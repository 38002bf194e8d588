import { distinctCompared } from '../domain/compared-artifact.ts';
import type { BoundArtifact, Execution, GateState, LedgerNode } from '../domain/execution.ts';
import { jobNode, statusOf, stepNode, stepsOf } from '../domain/ledger.ts';
import type { Plan, PlanJob, PlanStage, PlanStep } from '../domain/plan.ts';
import { runInput } from '../domain/stage-view.ts';
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
    trigger: { ...presentTrigger(execution), ...expectations(execution) },
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

/** Its artifacts are what was received, then what else was bound, each once. */
function presentTrigger(execution: Execution) {
  const { type, receiver, deliveryId, user, parent, repository, tag, payload } = execution.trigger;
  const artifacts = distinctCompared(runInput(execution)).map(presentArtifact);
  return { type, receiver, deliveryId, user, parent, repository, tag, payload, artifacts };
}

/** Every source is an expected artifact under its own id. The resolved list stands in both places, as in Spinnaker. */
function expectations({ bound }: Execution) {
  const resolved = bound.map(presentBound);
  return { expectedArtifacts: resolved, resolvedExpectedArtifacts: resolved };
}

function presentBound({ id, displayName, artifact, elsewhere, from }: BoundArtifact) {
  const others = elsewhere?.map(presentArtifact);
  return { id, displayName, boundArtifact: presentArtifact(artifact), ...(others && { elsewhere: others }), from };
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
    inputArtifacts: inputsOf(run.execution, stage, node).map(presentArtifact),
    artifacts: outputsOf(stage, nodes).map(presentArtifact),
    resolvedExpectedArtifacts: (node?.bound ?? []).map(presentBound),
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

/** What its steps published, then what its own expectations were bound to, each once. */
function outputsOf(stage: PlanStage, nodes: Nodes) {
  const published = stepsOf(stage).flatMap(({ node }) => nodes.get(node)?.artifacts ?? []);
  const bound = nodes.get(stage.id)?.bound ?? [];
  return distinctCompared([...published, ...bound].map(({ artifact }) => artifact));
}

/** What the stage consumes by `inputArtifacts`, then the bound artifacts whose sources its steps name. */
function inputsOf({ bound }: Execution, stage: PlanStage, node: LedgerNode | undefined) {
  const text = JSON.stringify(stage.jobs.flatMap((job) => job.steps.map((step) => step.with)));
  const isNamed = (id: string) => [']', '.'].some((end) => text.includes(`$[sources.${id}${end}`));
  const named = bound.filter(({ id }) => isNamed(id)).map(({ artifact }) => artifact);
  return distinctCompared([...(node?.inputs ?? []), ...named]);
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
