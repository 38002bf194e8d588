import type { ArtifactReference } from './expression.ts';
import type { JobDefinition, PipelineDefinition, StageDefinition, StepDefinition } from './pipeline.ts';
import type { Plan, PlanJob, PlanStage } from './plan.ts';
import { referencesIn } from './step-templates.ts';

/** Data for the machine: needs with what references imply, file order, ordinals from 1. Total, also on a definition with faults. */
export function compilePlan(definition: PipelineDefinition): Plan {
  return { concurrency: definition.concurrency, stages: definition.stages.map(compileStage) };
}

/** Every artifact reference in the inputs of a stage's steps, in file order. */
export function stageReferences(stage: {
  readonly jobs: readonly { readonly steps: readonly Pick<StepDefinition, 'with'>[] }[];
}): readonly ArtifactReference[] {
  return stage.jobs.flatMap((job) => jobReferences(job));
}

/** What a stage waits for: the needs as written, then the stages it refers to. */
export function stageNeeds(stage: StageDefinition): readonly string[] {
  const implied = stageReferences(stage).flatMap((reference) => (reference.scope === 'stage' ? [reference.stage] : []));
  return unique([...stage.needs, ...implied]);
}

/** What a job waits for within its stage; a reference to an earlier step of its own is no need. */
export function jobNeeds(job: JobDefinition): readonly string[] {
  const implied = jobReferences(job).flatMap((reference) => (reference.scope === 'job' ? [reference.job] : []));
  return unique([...job.needs, ...implied.filter((id) => id !== job.id)]);
}

function compileStage(stage: StageDefinition, index: number): PlanStage {
  const { id, environment, when, gates, expectedArtifacts, inputArtifacts } = stage;
  return {
    ordinal: index + 1,
    id,
    environment,
    needs: stageNeeds(stage),
    when,
    gates,
    expectedArtifacts,
    inputArtifacts,
    jobs: stage.jobs.map(compileJob),
  };
}

function compileJob(job: JobDefinition, index: number): PlanJob {
  const steps = job.steps.map(({ step, ...rest }, at) => ({ ordinal: at + 1, kind: step, ...rest }));
  return { ordinal: index + 1, id: job.id, needs: jobNeeds(job), when: job.when, steps };
}

function jobReferences(job: { readonly steps: readonly Pick<StepDefinition, 'with'>[] }): readonly ArtifactReference[] {
  return job.steps.flatMap((step) => referencesIn(step.with));
}

function unique(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)];
}
