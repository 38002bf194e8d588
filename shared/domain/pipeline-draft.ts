import { isJsonObject, type Json } from './json.ts';
import type { PipelineDefinition } from './pipeline.ts';

/** `path` as `stages.prod.gates[0].approval.count`, '' for the whole file; `code` where the contract names one. */
export interface PipelineFault {
  readonly path: string;
  readonly message: string;
  readonly code?: PipelineFaultCode;
}

export type PipelineFaultCode = 'planTooLarge' | 'stepNotAvailable' | 'digestRequired' | 'invalid-pattern';

/** What the engine that serves the request can run. */
export interface EngineSteps {
  readonly stepKinds: readonly string[];
  readonly embedded: boolean;
}

/**
 * What could be read of a file: parts with faults of their own are left out or defaulted, so that the checks of all others still
 * run. It is a definition to run only when nobody found a fault.
 */
export interface PipelineDraft {
  readonly definition: PipelineDefinition;
  /** Every source id written, also of sources that could not be read: referring to one is no second fault. */
  readonly sourceIds: ReadonlySet<string>;
  /** Stages that wrote `steps` instead of `jobs`: their paths have no `jobs.main`. */
  readonly shortStages: ReadonlySet<string>;
}

/** The words of the reader's answer: a door passes the reader in, a flow decides on what it says. */
export type PipelineReading =
  | { readonly kind: 'ok'; readonly file: Json; readonly definition: PipelineDefinition }
  | { readonly kind: 'malformed' | 'unsupported' | 'tooLarge'; readonly message: string }
  | { readonly kind: 'invalid'; readonly errors: readonly PipelineFault[] };

export type ReadPipelineFile = (body: string | Uint8Array, mediaType: string, engine: EngineSteps) => PipelineReading;

/** Appends a key or an index to a fault's path; keys that are no plain words are quoted. */
export function joinPath(base: string, ...keys: readonly (string | number)[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    if (/[^\w$]/.test(key) || key === '') return `${path}[${JSON.stringify(key)}]`;
    return path === '' ? key : `${path}.${key}`;
  }, base);
}

/** Stages of a file that wrote `steps` instead of `jobs`. */
export function shortStagesOf(file: Json): ReadonlySet<string> {
  const stages = isJsonObject(file) && isJsonObject(file.stages) ? Object.entries(file.stages) : [];
  return new Set(stages.filter(([, stage]) => isJsonObject(stage) && Object.hasOwn(stage, 'steps')).map(([id]) => id));
}

/** Where a stage's job is written. */
export function jobPath(draft: Pick<PipelineDraft, 'shortStages'>, stage: string, job: string): string {
  const path = joinPath('stages', stage);
  return draft.shortStages.has(stage) ? path : joinPath(path, 'jobs', job);
}

export function stepPath(
  draft: Pick<PipelineDraft, 'shortStages'>,
  stage: string,
  at: { readonly job: string; readonly step: string },
): string {
  return joinPath(jobPath(draft, stage, at.job), 'steps', at.step);
}
