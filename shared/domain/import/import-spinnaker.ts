import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type Imported, Notes } from './imported.ts';
import { nameLike } from './names.ts';
import { textOf } from './read-loose.ts';
import { newSpinnakerContext, readParameterConfig } from './spinnaker-context.ts';
import { readSpinnakerExpected } from './spinnaker-expected.ts';
import { translateStages } from './spinnaker-stages.ts';
import { translateTriggers } from './spinnaker-triggers.ts';
import { writtenPipeline } from './written-pipeline.ts';

/** What the pipeline's own page in Spinnaker shows, and what nobody misses. */
const read = [
  'name',
  'application',
  'description',
  'stages',
  'triggers',
  'expectedArtifacts',
  'parameterConfig',
  'limitConcurrent',
  'keepWaitingPipelines',
  'id',
  'index',
  'type',
  'schema',
  'spelEvaluator',
  'appConfig',
  'lastModified',
  'lastModifiedBy',
  'updateTs',
  'createTs',
  'isNew',
];

const reasons: Readonly<Record<string, string>> = {
  disabled: 'has no counterpart: put the pipeline when it is to run.',
  roles: 'are left out: who may change and run it is said by owners, who may see it by readers.',
  notifications: 'have no counterpart: end with a stage of when: always and a webhook step.',
};

/** A pipeline of Spinnaker's (its JSON) as a file of ours, with a note for everything that has no counterpart. */
export function importSpinnaker(file: Json): Imported {
  if (!isJsonObject(file))
    return {
      kind: 'invalid',
      errors: [{ path: '', message: 'A pipeline of Spinnaker is one JSON object; of a list, send one at a time.' }],
    };
  if (!Array.isArray(file.stages)) {
    return {
      kind: 'invalid',
      errors: [{ path: 'stages', message: 'must be the list of stages; of a template, import what it renders.' }],
    };
  }
  const notes = new Notes();
  notes.leftover(file, '', { read, reasons });
  const name = readName(file, notes);
  const context = newSpinnakerContext(name, notes);
  readParameterConfig(context, file.parameterConfig);
  readSpinnakerExpected(context, file.expectedArtifacts);
  const triggers = translateTriggers(context, file.triggers);
  const stages = translateStages(context, file.stages);
  noteStages(stages, notes);
  const description = textOf(file.description)?.slice(0, 1000);
  const pipeline = writtenPipeline({ name, description, concurrency: concurrencyOf(file), context, triggers, stages });
  return { kind: 'ok', pipeline, notes: notes.all() };
}

function readName(file: JsonObject, notes: Notes): string {
  const written = textOf(file.name) ?? '';
  const name = nameLike(written) ?? nameLike(textOf(file.application) ?? '') ?? 'imported-pipeline';
  if (name !== written)
    notes.add('name', `becomes "${name}": names are lower-case letters, digits and -, and there are no applications.`);
  return name;
}

/** One run at a time, and what waits is dropped for what is newer unless it is to be kept. */
function concurrencyOf(file: JsonObject): string {
  if (file.limitConcurrent !== true) return 'parallel';
  return file.keepWaitingPipelines === true ? 'queue' : 'supersede';
}

function noteStages(stages: readonly (readonly [string, JsonObject])[], notes: Notes): void {
  if (stages.length === 0) {
    notes.add(
      'stages',
      'none of them has a counterpart: the one stage "received" does nothing. Write what is to happen.',
    );
  } else if (stages.some(([, stage]) => stage.steps !== undefined)) {
    notes.add(
      'stages',
      'name the environment of each stage that deploys: without it no record is kept of what runs where.',
    );
  }
}
