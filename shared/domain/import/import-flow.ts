import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';
import { type FlowContext, newContext, readVariables } from './flow-context.ts';
import { type FlowJob, type FlowStage, readFlowStages } from './flow-file.ts';
import { translateGates } from './flow-gates.ts';
import { readFlowSources } from './flow-sources.ts';
import { translateUnit } from './flow-steps.ts';
import { type Imported, Notes } from './imported.ts';
import { needsAmong } from './keep-order.ts';
import { nameLike } from './names.ts';
import { objectOf, textOf } from './read-loose.ts';
import { writtenPipeline } from './written-pipeline.ts';

/**
 * A pipeline file of Alibaba Cloud DevOps Flow as one of ours, with a note for everything that has no counterpart. Whatever
 * is no pipeline of Flow's is `invalid`.
 */
export function importFlow(file: Json): Imported {
  if (!isJsonObject(file))
    return { kind: 'invalid', errors: [{ path: '', message: 'A Flow pipeline is one YAML map.' }] };
  if (!isJsonObject(file.stages) || Object.keys(file.stages).length === 0) {
    return { kind: 'invalid', errors: [{ path: 'stages', message: 'must be a map of stages with at least one.' }] };
  }
  const notes = new Notes();
  notes.leftover(file, '', {
    read: ['name', 'sources', 'stages', 'variables', 'concurrencyConfig', 'defaultWorkspace'],
    reasons,
  });
  const context = newContext(readName(file, notes), notes);
  readVariables(context, file.variables);
  readFlowSources(context, objectOf(file.sources));
  const stages = translateStages(context, file);
  const concurrency = readConcurrency(file, notes);
  noteStages(stages, notes);
  return {
    kind: 'ok',
    pipeline: writtenPipeline({ context, concurrency, stages, name: context.name }),
    notes: notes.all(),
  };
}

function noteStages(stages: readonly (readonly [string, JsonObject])[], notes: Notes): void {
  if (stages.length === 0) {
    notes.add(
      'stages',
      'none of them has a counterpart: the one stage "received" does nothing. Write what is to happen.',
    );
  } else if (stages.some(([, stage]) => stage.jobs !== undefined)) {
    notes.add(
      'stages',
      'name the environment of each stage that deploys: without it no record is kept of what runs where.',
    );
  }
}

const reasons: Readonly<Record<string, string>> = {
  cache: 'has no counterpart: a cache saves a build time; there are no builds here.',
  mountDirs: 'has no counterpart: there are no build machines here.',
  variableGroups: 'has no counterpart: what is used of them becomes a parameter, empty unless a run sets it.',
};

function readName(file: JsonObject, notes: Notes): string {
  const written = textOf(file.name) ?? '';
  const name = nameLike(written) ?? 'imported-flow';
  if (name !== written) notes.add('name', `becomes "${name}": names are lower-case letters, digits and -.`);
  return name;
}

/** `{maxRunningPipelineInstances, pipelineMaxRunningBehavior}`. Without it Flow lets runs overlap; ours queue. */
function readConcurrency(file: JsonObject, notes: Notes): string | undefined {
  const config = objectOf(file.concurrencyConfig);
  const path = 'concurrencyConfig';
  notes.leftover(config, path, { read: ['maxRunningPipelineInstances', 'pipelineMaxRunningBehavior'] });
  const most = textOf(config.maxRunningPipelineInstances);
  if (most === undefined) return undefined;
  if (most !== '1') {
    notes.add(
      joinPath(path, 'maxRunningPipelineInstances'),
      `${most.slice(0, 20)} at once: any number may run in parallel here.`,
    );
    return 'parallel';
  }
  const behavior = textOf(config.pipelineMaxRunningBehavior) ?? '';
  if (!/preempt/i.test(behavior)) return 'queue';
  notes.add(
    joinPath(path, 'pipelineMaxRunningBehavior'),
    'becomes supersede, which drops older waiting runs and never stops a running one.',
  );
  return 'supersede';
}

/** One after the other, in the order written; what is left empty is skipped in the chain. */
function translateStages(context: FlowContext, file: JsonObject): readonly (readonly [string, JsonObject])[] {
  const stages = readFlowStages(file, context.notes);
  const written: [string, JsonObject][] = [];
  for (const stage of stages) {
    const gates = translateGates(stage, context.notes);
    const jobs = translateJobs(context, { file, stages, stage });
    if (jobs.length === 0 && gates.length === 0) continue;
    const before = written.at(-1)?.[0];
    written.push([
      stage.id,
      {
        ...(before === undefined ? {} : { needs: [before] }),
        ...(gates.length === 0 ? {} : { gates }),
        ...(jobs.length === 0 ? {} : { jobs: Object.fromEntries(jobs) }),
      },
    ]);
  }
  return written;
}

interface StagePlace {
  readonly file: JsonObject;
  readonly stages: readonly FlowStage[];
  readonly stage: FlowStage;
}

function translateJobs(context: FlowContext, place: StagePlace): readonly (readonly [string, JsonObject])[] {
  const jobs = place.stage.jobs.map((job) => ({ job, steps: translateSteps(context, job, place) }));
  const kept = new Set(jobs.filter(({ steps }) => steps.length > 0).map(({ job }) => job.flowId));
  const { needs, circular } = needsAmong(
    place.stage.jobs.map(({ flowId, needs }) => ({ id: flowId, needs })),
    kept,
  );
  for (const { flowId, path } of place.stage.jobs) {
    if (circular.includes(flowId))
      context.notes.add(joinPath(path, 'needs'), 'go in a circle; one of them is left out.');
  }
  const ids = new Map(place.stage.jobs.map(({ flowId, id }) => [flowId, id]));
  return jobs.flatMap(({ job, steps }) => {
    if (steps.length === 0) return [];
    const needed = (needs.get(job.flowId) ?? []).map((need) => ids.get(need) ?? need);
    const when = readCondition(context, job);
    const more = { ...(needed.length === 0 ? {} : { needs: needed }), ...(when === undefined ? {} : { when }) };
    return [[job.id, { ...more, steps: Object.fromEntries(steps) }] as const];
  });
}

function translateSteps(
  context: FlowContext,
  job: FlowJob,
  place: StagePlace,
): readonly (readonly [string, JsonObject])[] {
  if (textOf(job.raw.timeoutMinutes) !== undefined && !job.units.some(({ type }) => type === 'ManualValidate')) {
    context.notes.add(
      joinPath(job.path, 'timeoutMinutes'),
      'has no counterpart: each kind of step has a time limit of its own.',
    );
  }
  return job.units.flatMap((unit) => {
    const step = translateUnit(context, unit, { ...place, job });
    return step === undefined ? [] : [[unit.id, step] as const];
  });
}

/** `always()` and `failed(…)` alone are our `when`; `succeed(…)` alone is what holds anyway. */
function readCondition({ notes }: FlowContext, job: FlowJob): string | undefined {
  const condition = textOf(job.raw.condition)?.trim();
  if (condition === undefined) return undefined;
  const [, call] = /^(?:\$\{\{)?\s*(always|failed|succeed)\([^()]*\)\s*(?:\}\})?$/.exec(condition) ?? [];
  if (call === 'always') return 'always';
  if (call === 'failed') return 'failure';
  if (call === undefined) {
    notes.add(
      joinPath(job.path, 'condition'),
      'has no counterpart: conditions are not evaluated here, the job always runs when its needs succeeded.',
    );
  }
  return undefined;
}
