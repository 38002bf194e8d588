import { normaliseArtifact } from '../domain/artifact-identity.ts';
import { comparedFields } from '../domain/compared-artifact.ts';
import type { ArtifactPattern, ExpectedArtifact, InputArtifact, WrittenArtifact } from '../domain/expected-artifact.ts';
import { compileJavaPattern } from '../domain/java-pattern.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { inside, note, type Place } from './read-fields.ts';

/** Blocks in Spinnaker's own form: keys that are not read here are tolerated, and kept in the file as written. */

const maxIdLength = 256;

/** Each of a list, with its faults noted; what cannot be read is left out. */
export function readExpectedArtifacts(values: readonly unknown[], place: Place): readonly ExpectedArtifact[] {
  const seen = new Set<string>();
  return values.flatMap((value, index) => {
    const at = inside(place, index);
    const one = readExpectedArtifact(value, at);
    if (one === undefined) return [];
    if (seen.has(one.id)) note(inside(at, 'id'), `There are two expected artifacts "${one.id}".`);
    seen.add(one.id);
    return [one];
  });
}

function readExpectedArtifact(value: unknown, place: Place): ExpectedArtifact | undefined {
  const fields = readObject(value, place, 'An expected artifact');
  if (fields === undefined) return undefined;
  const id = readId(fields, place);
  const useDefaultArtifact = readFlag(fields, 'useDefaultArtifact', place);
  const one: ExpectedArtifact = {
    id: id ?? '',
    displayName: readText(fields, 'displayName', place),
    matchArtifact: readPattern(fields.matchArtifact, inside(place, 'matchArtifact')),
    usePriorArtifact: readFlag(fields, 'usePriorArtifact', place),
    useDefaultArtifact,
    // Spinnaker's UI writes an empty stub where no default is meant.
    defaultArtifact: useDefaultArtifact
      ? readArtifact(fields.defaultArtifact, inside(place, 'defaultArtifact'))
      : undefined,
  };
  return id === undefined ? undefined : one;
}

export function readInputArtifacts(values: readonly unknown[], place: Place): readonly InputArtifact[] {
  return values.flatMap((value, index) => readInputArtifact(value, inside(place, index)) ?? []);
}

function readInputArtifact(value: unknown, place: Place): InputArtifact | undefined {
  const fields = readObject(value, place, 'An input artifact');
  if (fields === undefined) return undefined;
  const id = readText(fields, 'id', place);
  const account = readText(fields, 'account', place);
  const given = fields.artifact ?? null;
  if (id === undefined && given === null)
    note(place, 'Name an expected artifact or a source by its id, or write an artifact.');
  // An id goes before an artifact, whatever that is (a stub of the UI, often).
  const artifact = id === undefined ? readArtifact(given, inside(place, 'artifact')) : undefined;
  return { id, account: account === '' ? undefined : account, artifact };
}

/** `matchArtifact`, with every pattern compiled once. Null is no constraint at all. */
function readPattern(value: Json | undefined, place: Place): ArtifactPattern {
  const fields = value === null || value === undefined ? {} : readObject(value, place, 'matchArtifact');
  if (fields === undefined) return {};
  const names = [...comparedFields, 'artifactAccount'] as const;
  const texts = names.map((name) => [name, readText(fields, name, place)] as const);
  for (const [name, text] of texts) {
    const compiled = name === 'artifactAccount' ? undefined : compileJavaPattern(text ?? '');
    if (compiled?.kind !== 'invalid') continue;
    const message = `invalid-pattern: at position ${compiled.position}: ${compiled.message}.`;
    note(inside(place, name), message, 'invalid-pattern');
  }
  return Object.fromEntries(texts.filter(([, text]) => text !== undefined));
}

/** An artifact as written. Its uuid needs a hash, so it is made when the artifact is bound. */
function readArtifact(value: Json | undefined, place: Place): WrittenArtifact | undefined {
  if (value === null || value === undefined) return undefined;
  const fields = readObject(value, place, 'An artifact');
  if (fields === undefined) return undefined;
  const normal = normaliseArtifact(fields, () => new Uint8Array(20));
  if (normal.kind === 'invalid') {
    for (const { path, message } of normal.errors) note(inside(place, path), message);
    return undefined;
  }
  const { uuid: _uuid, ...written } = normal.artifact;
  return written;
}

function readObject(value: unknown, place: Place, what: string): JsonObject | undefined {
  if (isObjectOfJson(value)) return value;
  note(place, `${what} is an object.`);
  return undefined;
}

/** What a document holds is JSON. */
function isObjectOfJson(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readId(fields: JsonObject, place: Place): string | undefined {
  const id = readText(fields, 'id', place);
  if (id !== undefined && id !== '' && id.length <= maxIdLength && !/\p{Cc}/u.test(id)) return id;
  note(inside(place, 'id'), `An expected artifact needs an id of 1 to ${maxIdLength} characters.`);
  return undefined;
}

/** Numbers and booleans are taken as text, null as absent: as Spinnaker reads its own files. */
function readText(fields: JsonObject, key: string, place: Place): string | undefined {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (value === undefined || value === null) return undefined;
  if (!isJsonObject(value) && typeof value !== 'object') return String(value);
  note(inside(place, key), 'This is a text.');
  return undefined;
}

function readFlag(fields: JsonObject, key: string, place: Place): boolean {
  const value = Object.hasOwn(fields, key) ? (fields[key] ?? false) : false;
  if (value === 'true' || value === 'false') return value === 'true';
  if (typeof value !== 'boolean') note(inside(place, key), 'This is true or false.');
  return value === true;
}
