import { isIdentifier } from '../domain/expression.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import type {
  Gate,
  JobDefinition,
  PipelineDefinition,
  Source,
  StageDefinition,
  StepDefinition,
} from '../domain/pipeline.ts';
import { checkPipeline } from '../domain/pipeline-check.ts';
import {
  type EngineSteps,
  type PipelineDraft,
  type PipelineFault,
  type PipelineReading,
  shortStagesOf,
} from '../domain/pipeline-draft.ts';
import { readExpectedArtifacts, readInputArtifacts } from './expected-artifacts.ts';
import {
  ArtifactFields,
  gateFields,
  JobFields,
  PipelineFields,
  PipelineSourceFields,
  RegistryFields,
  StageFields,
  StepFields,
} from './pipeline-file-schema.ts';
import { readDocument } from './read-document.ts';
import { inside, isObject, note, type Place, readFields, readWhole } from './read-fields.ts';
import { findStepInputs } from './step-inputs.ts';
import { readTriggers } from './trigger-fields.ts';

/** Enough to mend a file in one go, bounded for a hostile one. */
const mostFaults = 200;

const PipelineLeft = PipelineFields.partial();
const StageLeft = StageFields.partial();
const JobLeft = JobFields.partial();
const StepLeft = StepFields.partial();

/** A pipeline file by its media type, with every fault at once: those of its blocks and those between them. */
export function readPipelineFile(body: string | Uint8Array, mediaType: string, engine: EngineSteps): PipelineReading {
  const document = readDocument(body, mediaType);
  if (document.kind !== 'ok') return document;
  const { value, duplicates } = document;
  if (!isJsonObject(value))
    return { kind: 'invalid', errors: [{ path: '', message: 'A pipeline file is one object.' }] };
  const faults: PipelineFault[] = [...duplicates];
  const draft = readDraft(value, { path: '', faults });
  faults.push(...checkPipeline(draft, engine));
  if (faults.length > 0) return { kind: 'invalid', errors: faults.slice(0, mostFaults) };
  return { kind: 'ok', file: value, definition: draft.definition };
}

function readDraft(value: Json, place: Place): PipelineDraft {
  const fields = readFields(PipelineFields, PipelineLeft, { value, place });
  const sources = readEach(fields.sources, inside(place, 'sources'), readSource);
  const stages = readEach(fields.stages, inside(place, 'stages'), readStage);
  const definition: PipelineDefinition = {
    name: fields.name ?? '',
    description: fields.description,
    concurrency: fields.concurrency ?? 'queue',
    owners: fields.owners ?? [],
    readers: fields.readers,
    retention: fields.retention,
    parameters: fields.parameters ?? {},
    sources: Object.fromEntries(sources),
    expectedArtifacts: readExpectedArtifacts(fields.expectedArtifacts ?? [], inside(place, 'expectedArtifacts')),
    triggers: readTriggers(fields.triggers, inside(place, 'triggers')),
    stages: stages.map(([, stage]) => stage),
  };
  return {
    definition,
    sourceIds: new Set(Object.keys(fields.sources ?? {})),
    shortStages: shortStagesOf(value),
  };
}

/** Each value of a map under its id, in the order written. */
function readEach<T>(
  values: Readonly<Record<string, unknown>> | undefined,
  place: Place,
  read: (id: string, value: unknown, place: Place) => T | undefined,
): readonly (readonly [string, T])[] {
  return Object.entries(values ?? {}).flatMap(([id, value]) => {
    const at = inside(place, id);
    if (!isIdentifier(id)) note(at, 'An id is a letter, then up to 63 letters, digits or _.');
    const one = read(id, value, at);
    return one === undefined ? [] : [[id, one] as const];
  });
}

function readSource(_id: string, value: unknown, place: Place): Source | undefined {
  const type = isObject(value) ? value.type : undefined;
  if (type === 'registry') return readWhole(RegistryFields, value, place);
  if (type === 'pipeline') return readWhole(PipelineSourceFields, value, place);
  if (type === 'artifact') return readWhole(ArtifactFields, value, place);
  note(inside(place, 'type'), 'A source is of type registry, pipeline or artifact.');
  return undefined;
}

function readStage(id: string, value: unknown, place: Place): StageDefinition {
  const fields = readFields(StageFields, StageLeft, { value, place });
  if (fields.steps && fields.jobs)
    note(place, 'Write steps or jobs, not both; steps is short for one job called main.');
  const internal = fields.useInternalAddress ?? false;
  const jobs = readEach(fields.jobs, inside(place, 'jobs'), (job, from, at) =>
    readJob(job, from, { place: at, internal }),
  );
  const steps = fields.steps && readSteps(fields.steps, inside(place, 'steps'), internal);
  return {
    id,
    environment: fields.environment,
    needs: fields.needs ?? [],
    when: fields.when ?? 'success',
    gates: (fields.gates ?? []).flatMap((gate, index) => readGate(gate, inside(place, 'gates', index)) ?? []),
    expectedArtifacts: readExpectedArtifacts(fields.expectedArtifacts ?? [], inside(place, 'expectedArtifacts')),
    inputArtifacts: readInputArtifacts(fields.inputArtifacts ?? [], inside(place, 'inputArtifacts')),
    jobs: steps ? [{ id: 'main', needs: [], when: 'success', steps }] : jobs.map(([, job]) => job),
  };
}

function readJob(
  id: string,
  value: unknown,
  { place, internal }: { readonly place: Place; readonly internal: boolean },
): JobDefinition {
  const fields = readFields(JobFields, JobLeft, { value, place });
  const steps = readSteps(fields.steps, inside(place, 'steps'), internal);
  return { id, needs: fields.needs ?? [], when: fields.when ?? 'success', steps };
}

function readSteps(
  values: Readonly<Record<string, unknown>> | undefined,
  place: Place,
  internal: boolean,
): readonly StepDefinition[] {
  return readEach(values, place, (id, value, at) => readStep(id, value, { place: at, internal })).map(
    ([, step]) => step,
  );
}

function readStep(
  id: string,
  value: unknown,
  { place, internal }: { readonly place: Place; readonly internal: boolean },
): StepDefinition {
  const fields = readFields(StepFields, StepLeft, { value, place });
  const step = fields.step ?? '';
  const inputs = findStepInputs(step);
  if (inputs && fields.with && !isFaulty(value, 'with')) readWhole(inputs, fields.with, inside(place, 'with'));
  return {
    id,
    step,
    with: fields.with ?? {},
    publishes: fields.publishes,
    when: fields.when ?? 'success',
    useInternalAddress: fields.useInternalAddress || internal,
  };
}

/** Written, and no object: its fault is noted, and what it lacks is no second one. */
function isFaulty(value: unknown, key: string): boolean {
  return isObject(value) && value[key] !== undefined && !isObject(value[key]);
}

function readGate(value: unknown, place: Place): Gate | undefined {
  const keys = isObject(value) ? Object.keys(value) : [];
  const [key] = keys;
  if (!isObject(value) || key === undefined || keys.length !== 1) {
    note(place, 'A gate is an object with one key: approval, scan, tests or verified.');
    return undefined;
  }
  return readGateOf(key, value[key], inside(place, key));
}

function readGateOf(kind: string, value: unknown, place: Place): Gate | undefined {
  switch (kind) {
    case 'approval':
      return withKind(kind, readWhole(gateFields.approval, value, place));
    case 'scan':
      return withKind(kind, readWhole(gateFields.scan, value, place));
    case 'tests':
      return withKind(kind, readWhole(gateFields.tests, value, place));
    case 'verified':
      return withKind(kind, readWhole(gateFields.verified, value, place));
    default:
      note(place, 'There is no such gate; there are approval, scan, tests and verified.');
      return undefined;
  }
}

function withKind<K extends string, T extends object>(kind: K, fields: T | undefined): ({ kind: K } & T) | undefined {
  return fields && { kind, ...fields };
}
