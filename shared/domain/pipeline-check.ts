import { checkExpectations } from './check-expectations.ts';
import { findCycles, type GraphNode } from './check-graph.ts';
import { imageInputFault } from './check-image-input.ts';
import { builtInVariables, callbackVariable, checkReferences } from './check-references.ts';
import { jobNeeds, stageNeeds } from './compile-plan.ts';
import type { JobDefinition, PipelineDefinition, StageDefinition, StepDefinition } from './pipeline.ts';
import {
  type EngineSteps,
  jobPath,
  joinPath,
  type PipelineDraft,
  type PipelineFault,
  stepPath,
} from './pipeline-draft.ts';
import { historyEvents, mostHistoryEvents } from './plan-size.ts';
import { findStepKind } from './step-kinds.ts';

const mostStages = 40;
const mostJobs = 40;
const mostSteps = 500;
const mostSources = 100;

/** Every fault that no single field shows: needs, cycles, references, images, step kinds, sizes. All at once. */
export function checkPipeline(draft: PipelineDraft, engine: EngineSteps): readonly PipelineFault[] {
  const { definition } = draft;
  return [
    ...checkSizes(draft),
    ...checkSelf(draft),
    ...checkParameters(definition),
    ...checkExpectations(draft),
    ...checkNeeds(definition.stages, () => 'stages'),
    ...checkCycles(definition.stages, { needs: stageNeeds, most: mostStages, path: () => 'stages' }),
    ...definition.stages.flatMap((stage) => checkStage(draft, stage, engine)),
  ];
}

function checkSizes(draft: PipelineDraft): readonly PipelineFault[] {
  const { definition, sourceIds } = draft;
  const { stages } = definition;
  const steps = stages.flatMap((stage) => stage.jobs.flatMap((job) => job.steps)).length;
  const events = historyEvents(definition);
  const faults: (PipelineFault | undefined)[] = [
    stages.length === 0 ? { path: 'stages', message: 'at least one stage is needed' } : undefined,
    overFault('stages', stages.length, { most: mostStages, what: 'stages' }),
    overFault('stages', steps, { most: mostSteps, what: 'steps in all' }),
    overFault('sources', sourceIds.size, { most: mostSources, what: 'sources' }),
    ...stages.map((stage) =>
      overFault(joinPath('stages', stage.id, 'jobs'), stage.jobs.length, { most: mostJobs, what: 'jobs in a stage' }),
    ),
    events > mostHistoryEvents ? tooLarge(events) : undefined,
  ];
  return faults.filter((fault) => fault !== undefined);
}

function tooLarge(events: number): PipelineFault {
  const message = `planTooLarge: a run could record ${events} events, at most ${mostHistoryEvents} are allowed; use fewer steps, or waits and approval timeouts of a day at most, or split the pipeline`;
  return { path: 'stages', message, code: 'planTooLarge' };
}

function overFault(
  path: string,
  count: number,
  limit: { readonly most: number; readonly what: string },
): PipelineFault | undefined {
  return count > limit.most
    ? { path, message: `${count} ${limit.what}, at most ${limit.most} are allowed` }
    : undefined;
}

/** A pipeline that starts itself never ends. */
function checkSelf(draft: PipelineDraft): readonly PipelineFault[] {
  const { name, sources } = draft.definition;
  const loops = Object.entries(sources).filter(
    ([, source]) => source.type === 'pipeline' && source.pipeline === name && source.on.length > 0,
  );
  return loops.map(([id]) => ({
    path: joinPath('sources', id, 'on'),
    message: `each success of "${name}" would start it again; write on: [] to bind its last build only`,
  }));
}

function checkParameters(definition: PipelineDefinition): readonly PipelineFault[] {
  const taken: readonly string[] = [...builtInVariables, callbackVariable];
  return Object.keys(definition.parameters)
    .filter((name) => taken.includes(name))
    .map((name) => ({ path: joinPath('parameters', name), message: `\${${name}} is built in; choose another name` }));
}

function checkNeeds(nodes: readonly GraphNode[], path: (id: string) => string): readonly PipelineFault[] {
  const ids = new Set(nodes.map(({ id }) => id));
  return nodes.flatMap((node) =>
    node.needs.flatMap((need, index) =>
      ids.has(need)
        ? []
        : [{ path: joinPath(path(node.id), node.id, 'needs', index), message: `there is no "${need}" to need` }],
    ),
  );
}

function checkCycles<T extends GraphNode>(
  nodes: readonly T[],
  options: { readonly needs: (node: T) => readonly string[]; readonly most: number; readonly path: () => string },
): readonly PipelineFault[] {
  // Beyond the limit there is a fault already, and the search would be quadratic in a hostile file.
  if (nodes.length > options.most) return [];
  const graph = nodes.map((node) => ({ id: node.id, needs: options.needs(node) }));
  return findCycles(graph).map((cycle) => ({
    path: joinPath(options.path(), cycle[0] ?? '', 'needs'),
    message: `cycle, references included: ${[...cycle, cycle[0]].join(' needs ')}`,
  }));
}

function checkStage(draft: PipelineDraft, stage: StageDefinition, engine: EngineSteps): readonly PipelineFault[] {
  const path = () => joinPath('stages', stage.id, 'jobs');
  return [
    ...checkNeeds(stage.jobs, path),
    ...checkCycles(stage.jobs, { needs: jobNeeds, most: mostJobs, path }),
    ...stage.jobs.flatMap((job) => checkJob(draft, { stage, job }, engine)),
  ];
}

function checkJob(
  draft: PipelineDraft,
  { stage, job }: { readonly stage: StageDefinition; readonly job: JobDefinition },
  engine: EngineSteps,
): readonly PipelineFault[] {
  if (job.steps.length === 0) {
    return [{ path: joinPath(jobPath(draft, stage.id, job.id), 'steps'), message: 'at least one step is needed' }];
  }
  return job.steps.flatMap((step) => {
    const path = stepPath(draft, stage.id, { job: job.id, step: step.id });
    return [
      ...checkKind(step, path, engine),
      ...checkImages(step, path),
      ...checkTarget(step, path, draft.definition.name),
      ...checkReferences({ draft, stage, job, step }),
    ];
  });
}

function checkKind(step: StepDefinition, path: string, engine: EngineSteps): readonly PipelineFault[] {
  if (step.step === '') return [];
  const at = joinPath(path, 'step');
  const kind = findStepKind(step.step);
  const runs = kind?.engines.includes(engine.embedded ? 'embedded' : 'aws') && engine.stepKinds.includes(step.step);
  if (runs) return [];
  const what = kind ? `this engine cannot run "${step.step}"` : `there is no step "${step.step}"`;
  const message = `stepNotAvailable: ${what}; it can run ${engine.stepKinds.join(', ')}`;
  return [{ path: at, message, code: 'stepNotAvailable' }];
}

function checkImages(step: StepDefinition, path: string): readonly PipelineFault[] {
  return (findStepKind(step.step)?.imageInputs ?? []).flatMap((input) => {
    const text = step.with[input];
    const fault = typeof text === 'string' ? imageInputFault(text) : undefined;
    return fault ? [{ path: joinPath(path, 'with', input), ...fault }] : [];
  });
}

function checkTarget(step: StepDefinition, path: string, name: string): readonly PipelineFault[] {
  if (step.step !== 'pipeline' || step.with.pipeline !== name) return [];
  return [{ path: joinPath(path, 'with', 'pipeline'), message: 'a pipeline cannot start itself' }];
}
