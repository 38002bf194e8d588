import { type ArtifactReference, printReference, templateReferences, templateVariables } from './expression.ts';
import type { JobDefinition, PipelineDefinition, StageDefinition, StepDefinition } from './pipeline.ts';
import { joinPath, type PipelineDraft, type PipelineFault, stepPath } from './pipeline-draft.ts';
import { stepTemplates } from './step-templates.ts';

/** Variables that every step has, besides the parameters. */
export const builtInVariables = [
  'PIPELINE_NAME',
  'PIPELINE_ID',
  'EXECUTION_ID',
  'BUILD_NUMBER',
  'DATETIME',
  'TIMESTAMP',
  'TAG',
  'DIGEST',
] as const;

/** Only in a `webhook` with `wait` (ruling 21). */
export const callbackVariable = 'CALLBACK_URL';

interface Place {
  readonly draft: PipelineDraft;
  readonly stage: StageDefinition;
  readonly job: JobDefinition;
  readonly step: StepDefinition;
}

/** Faults of every `$[…]` and `${…}` in one step's inputs. */
export function checkReferences(place: Place): readonly PipelineFault[] {
  const { draft, stage, job, step } = place;
  const at = joinPath(stepPath(draft, stage.id, { job: job.id, step: step.id }), 'with');
  const { templates, errors } = stepTemplates(step.with, at);
  const found = templates.flatMap(({ path, template }) => [
    ...templateReferences(template).map((reference) => ({ path, message: referenceFault(reference, place) })),
    ...templateVariables(template).map((name) => ({ path, message: variableFault(name, place) })),
  ]);
  return [...errors, ...found.flatMap(({ path, message }) => (message === undefined ? [] : [{ path, message }]))];
}

function variableFault(name: string, { draft, step }: Place): string | undefined {
  if (Object.hasOwn(draft.definition.parameters, name)) return undefined;
  if (builtInVariables.some((builtIn) => builtIn === name)) return undefined;
  if (name !== callbackVariable) return `unknown variable \${${name}}: neither a parameter nor built in`;
  const has = step.step === 'webhook' && step.with.wait !== undefined;
  return has ? undefined : `\${${callbackVariable}} exists only in a webhook step with wait`;
}

function referenceFault(reference: ArtifactReference, place: Place): string | undefined {
  switch (reference.scope) {
    case 'source':
    case 'build':
      return sourceFault(reference, place.draft);
    case 'stage':
      return stageFault(reference, place);
    case 'job':
      return jobFault(reference, place);
  }
}

function sourceFault(
  reference: Extract<ArtifactReference, { scope: 'source' | 'build' }>,
  draft: PipelineDraft,
): string | undefined {
  const { source, scope } = reference;
  const expected = draft.definition.expectedArtifacts.map(({ id }) => id);
  if (!draft.sourceIds.has(source) && !expected.includes(source)) {
    return `unknown source "${source}"${known([...draft.sourceIds, ...expected])}`;
  }
  const rule = findSource(draft.definition, source);
  if (scope === 'source' || (!rule && !expected.includes(source)) || rule?.type === 'pipeline') return undefined;
  return `source "${source}" has no stages: only a source of type pipeline has; write $[sources.${source}]`;
}

function findSource(definition: PipelineDefinition, id: string) {
  return Object.hasOwn(definition.sources, id) ? definition.sources[id] : undefined;
}

function stageFault(reference: Extract<ArtifactReference, { scope: 'stage' }>, place: Place): string | undefined {
  const { stages } = place.draft.definition;
  if (reference.stage === place.stage.id) {
    return `${printReference(reference)} is in its own stage; write $[jobs.${reference.job}.${reference.step}.artifacts.${reference.name}]`;
  }
  const stage = stages.find(({ id }) => id === reference.stage);
  if (!stage) return `unknown stage "${reference.stage}"${known(stages.map(({ id }) => id))}`;
  return publisherFault(reference, stage);
}

function jobFault(reference: Extract<ArtifactReference, { scope: 'job' }>, place: Place): string | undefined {
  const fault = publisherFault(reference, place.stage);
  if (fault || reference.job !== place.job.id) return fault;
  const steps = place.job.steps.map(({ id }) => id);
  if (steps.indexOf(reference.step) < steps.indexOf(place.step.id)) return undefined;
  return `${printReference(reference)} is ${reference.step === place.step.id ? 'this step itself' : 'a later step of this job'}`;
}

function publisherFault(
  reference: { readonly job: string; readonly step: string },
  stage: StageDefinition,
): string | undefined {
  const job = stage.jobs.find(({ id }) => id === reference.job);
  if (!job) return `stage "${stage.id}" has no job "${reference.job}"${known(stage.jobs.map(({ id }) => id))}`;
  const steps = job.steps.map(({ id }) => id);
  if (steps.includes(reference.step)) return undefined;
  return `job "${job.id}" of stage "${stage.id}" has no step "${reference.step}"${known(steps)}`;
}

/** At most ten, so that a message stays readable. */
function known(ids: readonly string[]): string {
  if (ids.length === 0) return '; there is none';
  return `; there is ${ids.slice(0, 10).join(', ')}${ids.length > 10 ? ', …' : ''}`;
}
