import { isJsonObject, type JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';
import type { Notes } from './imported.ts';
import { Ids } from './names.ts';
import { objectOf, own, textOf, textsOf } from './read-loose.ts';

/** A step, or the component of a job. `flowId` is the file's own id, `id` ours. */
export interface FlowUnit {
  readonly flowId: string;
  readonly id: string;
  readonly path: string;
  /** Such as `KubectlApply`. */
  readonly type: string;
  readonly with: JsonObject;
}

export interface FlowJob {
  readonly flowId: string;
  readonly id: string;
  readonly path: string;
  readonly needs: readonly string[];
  readonly raw: JsonObject;
  readonly units: readonly FlowUnit[];
}

export interface FlowStage {
  readonly flowId: string;
  readonly id: string;
  readonly path: string;
  readonly jobs: readonly FlowJob[];
}

/** Why something of a job is left out; what is not named here is merely said to be. */
const reasons: Readonly<Record<string, string>> = {
  runsOn:
    'has no counterpart: Waybill runs no build machines; builds stay where they are, their results come in as events.',
  plugins: 'has no counterpart: subscribe to the execution, or end the stage with a webhook step.',
  sourceOption: 'has no counterpart: a step takes what its references name.',
  workspace: 'has no counterpart: there is no workspace; a step takes what its references name.',
};

/** Stages, jobs and steps in the order of the file, with ids of ours. What none can be is noted. */
export function readFlowStages(file: JsonObject, notes: Notes): readonly FlowStage[] {
  const ids = new Ids();
  return Object.entries(objectOf(file.stages)).flatMap(([flowId, value]) => {
    const path = joinPath('stages', flowId);
    if (!isJsonObject(value)) {
      notes.add(path, 'is no stage and is left out.');
      return [];
    }
    notes.leftover(value, path, { read: ['name', 'jobs', 'needs'], reasons });
    if (value.needs !== undefined)
      notes.add(joinPath(path, 'needs'), 'is left out: each stage needs the one written before it.');
    return [{ flowId, id: ids.take(flowId, textOf(value.name) ?? ''), path, jobs: readJobs(value, path, notes) }];
  });
}

function readJobs(stage: JsonObject, stagePath: string, notes: Notes): readonly FlowJob[] {
  const ids = new Ids();
  return Object.entries(objectOf(stage.jobs)).flatMap(([flowId, raw]) => {
    const path = joinPath(stagePath, 'jobs', flowId);
    if (!isJsonObject(raw)) {
      notes.add(path, 'is no job and is left out.');
      return [];
    }
    const read = ['name', 'needs', 'steps', 'component', 'with', 'condition', 'driven', 'timeoutMinutes'];
    notes.leftover(raw, path, { read, reasons });
    return [
      {
        flowId,
        id: ids.take(flowId, textOf(raw.name) ?? ''),
        path,
        needs: textsOf(raw.needs),
        raw,
        units: readUnits(raw, path, notes),
      },
    ];
  });
}

function readUnits(job: JsonObject, path: string, notes: Notes): readonly FlowUnit[] {
  const ids = new Ids();
  const component = textOf(own(job, 'component'));
  if (component !== undefined) {
    return [{ flowId: component, id: ids.take(component), path, type: component, with: objectOf(job.with) }];
  }
  return Object.entries(objectOf(job.steps)).flatMap(([flowId, raw]) => {
    const at = joinPath(path, 'steps', flowId);
    const type = isJsonObject(raw) ? textOf(raw.step) : undefined;
    if (!isJsonObject(raw) || type === undefined) {
      notes.add(at, 'names no step and is left out.');
      return [];
    }
    notes.leftover(raw, at, { read: ['name', 'step', 'with'], reasons });
    return [{ flowId, id: ids.take(flowId, textOf(raw.name) ?? ''), path: at, type, with: objectOf(raw.with) }];
  });
}
