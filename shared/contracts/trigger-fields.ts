import { compileJavaPattern } from '../domain/java-pattern.ts';
import { constraintFault } from '../domain/payload-constraint.ts';
import type { TriggerDefinition } from '../domain/trigger.ts';
import { inside, isObject, note, type Place } from './read-fields.ts';

const maxTriggers = 100;
const maxConstraints = 50;
const maxIds = 100;
const maxText = 1024;

/** Spinnaker's triggers, with its keys verbatim and others passed over; each fault with its path. */
export function readTriggers(value: unknown, place: Place): readonly TriggerDefinition[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    note(place, 'Triggers are a list.');
    return [];
  }
  if (value.length > maxTriggers) note(place, `${value.length} triggers, at most ${maxTriggers} are allowed.`);
  return value
    .slice(0, maxTriggers)
    .flatMap((trigger, index) => readTrigger(trigger, index, inside(place, index)) ?? []);
}

function readTrigger(value: unknown, index: number, place: Place): TriggerDefinition | undefined {
  if (!isObject(value)) {
    note(place, 'A trigger is an object with a type.');
    return undefined;
  }
  const type = readText(value.type, inside(place, 'type'));
  if (type === undefined) return undefined;
  const base = {
    index,
    enabled: readEnabled(value.enabled, inside(place, 'enabled')),
    expectedArtifactIds: readIds(value.expectedArtifactIds, inside(place, 'expectedArtifactIds')),
  };
  return type.toLowerCase() === 'docker'
    ? readDocker(value, base, place)
    : readWebhook(value, { ...base, type }, place);
}

type Base = Pick<TriggerDefinition, 'index' | 'enabled' | 'expectedArtifactIds'>;
type Fields = Readonly<Record<string, unknown>>;

function readDocker(value: Fields, base: Base, place: Place): TriggerDefinition | undefined {
  const account = readText(value.account, inside(place, 'account'));
  const repository = readText(value.repository, inside(place, 'repository'));
  const tag = readTag(value.tag, inside(place, 'tag'));
  if (account === undefined || repository === undefined) return undefined;
  return { kind: 'docker', ...base, account, repository, ...(tag === undefined ? {} : { tag }) };
}

/** Trimmed; blank is absent. */
function readTag(value: unknown, place: Place): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') {
    note(place, 'A tag is text, an expression over the whole tag; put it in quotes.');
    return undefined;
  }
  const tag = value.trim();
  const pattern = tag === '' ? undefined : compileJavaPattern(tag);
  if (pattern?.kind === 'invalid') note(place, `at character ${pattern.position + 1}: ${pattern.message}`);
  return tag === '' ? undefined : tag;
}

function readWebhook(
  value: Fields,
  base: Base & { readonly type: string },
  place: Place,
): TriggerDefinition | undefined {
  if (value.source === undefined) {
    note(
      inside(place, 'source'),
      `This is required: a trigger of type ${base.type.slice(0, 64)} waits for the webhooks of one source. ${insteadOf(base.type)}`.trim(),
    );
    return undefined;
  }
  const source = readText(value.source, inside(place, 'source'));
  const payloadConstraints = readConstraints(value.payloadConstraints, inside(place, 'payloadConstraints'));
  return source === undefined ? undefined : { kind: 'webhook', ...base, source, payloadConstraints };
}

/** Triggers of Spinnaker's that are something else here. */
function insteadOf(type: string): string {
  if (type === 'pipeline') return 'After another pipeline: a source of type pipeline with on: [buildSuccess].';
  return type === 'cron' ? 'At a time: post to the executions of the pipeline from a scheduler.' : '';
}

function readConstraints(value: unknown, place: Place): Readonly<Record<string, string | null>> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) {
    note(place, 'Constraints are an object: a key of the payload, or a JSONPath, and what its text must hold.');
    return {};
  }
  const entries = Object.entries(value);
  if (entries.length > maxConstraints) {
    note(place, `${entries.length} constraints, at most ${maxConstraints} are allowed.`);
    return {};
  }
  const read = entries.flatMap(([key, one]) => {
    const pattern = readPattern(key, one, inside(place, key));
    return pattern === undefined ? [] : [[key, pattern] as const];
  });
  return Object.fromEntries(read);
}

/** Numbers and booleans are their text; lists and objects, which Spinnaker turns into character classes, mean nothing. */
function readPattern(key: string, value: unknown, place: Place): string | null | undefined {
  if (typeof value === 'object' && value !== null) {
    note(
      place,
      'A constraint is one expression, or null where the key only has to be there; for one of several write a|b.',
    );
    return undefined;
  }
  const pattern = value === null ? null : String(value);
  if ((pattern ?? '').length > maxText || key.length > maxText) {
    note(place, `Keys and expressions have at most ${maxText} characters.`);
    return undefined;
  }
  const fault = constraintFault(key, pattern);
  if (fault !== undefined) note(place, fault);
  return pattern;
}

function readIds(value: unknown, place: Place): readonly string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.some((id) => typeof id !== 'string')) {
    note(place, 'This is a list of ids of expected artifacts.');
    return [];
  }
  if (value.length > maxIds) note(place, `${value.length} ids, at most ${maxIds} are allowed.`);
  return value.slice(0, maxIds).filter((id) => typeof id === 'string');
}

/** Spinnaker's own files always say it; one that does not means what it says. */
function readEnabled(value: unknown, place: Place): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value === 'boolean') return value;
  note(place, 'This is true or false.');
  return true;
}

function readText(value: unknown, place: Place): string | undefined {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= maxText) return value;
  const message = value === undefined ? 'This is required.' : `This is text of 1 to ${maxText} characters.`;
  note(place, message);
  return undefined;
}
