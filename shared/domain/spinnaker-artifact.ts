import { artifactUuid } from './artifact-identity.ts';
import { comparedFields } from './compared-artifact.ts';
import type { ArtifactPattern } from './expected-artifact.ts';
import { type ArtifactFault, fromFlow } from './flow-artifact.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { Expectation } from './resolve-artifacts.ts';

/** An artifact as Spinnaker has it: every text may be absent, and an empty one is kept. Nothing is derived from another field. */
export interface LooseArtifact {
  readonly type?: string;
  readonly name?: string;
  readonly version?: string;
  readonly location?: string;
  readonly reference?: string;
  readonly artifactAccount?: string;
  readonly provenance?: string;
  readonly metadata: JsonObject;
  readonly uuid: string;
}

export interface LooseExpectation extends Expectation<LooseArtifact> {
  readonly displayName?: string;
}

type Sha1 = (bytes: Uint8Array) => Uint8Array;

const textFields = ['type', 'name', 'version', 'location', 'reference', 'artifactAccount', 'provenance'] as const;

/**
 * As written, or in one of Flow's shapes. Unknown keys go to the metadata, `kind` and what is null vanish, numbers and booleans are
 * texts; objects in their places are faults. A uuid that comes in goes to the metadata: the uuid is ours.
 */
export function readLooseArtifact(
  input: JsonObject,
  path: string,
  into: { readonly errors: ArtifactFault[]; readonly sha1: Sha1 },
): LooseArtifact {
  const errors: ArtifactFault[] = [];
  const plain = fromFlow(input, errors);
  const texts = readTexts(plain, textFields, errors);
  const { metadata: given = null } = plain;
  if (given !== null && !isJsonObject(given)) errors.push({ path: 'metadata', message: 'must be an object' });
  into.errors.push(...errors.map((fault) => ({ ...fault, path: `${path}.${fault.path}` })));
  const named: readonly string[] = [...textFields, 'metadata', 'kind'];
  const unknown = Object.entries(plain).filter(([key]) => !named.includes(key));
  const entries = [...unknown, ...(isJsonObject(given) ? Object.entries(given) : [])];
  const metadata = Object.fromEntries(entries.filter(([, value]) => value !== null));
  const { type = '', name = '', version } = texts;
  return { ...texts, metadata, uuid: artifactUuid(type, name, version, into.sha1) };
}

/** An expectation as Spinnaker has it: no id is an empty one, no matchArtifact constrains nothing; what it was bound to is dropped. */
export function readLooseExpectation(
  input: JsonObject,
  path: string,
  into: { readonly errors: ArtifactFault[]; readonly sha1: Sha1 },
): LooseExpectation {
  const errors: ArtifactFault[] = [];
  const { id = '', displayName } = readTexts(input, ['id', 'displayName'], errors);
  const usePriorArtifact = readFlag(input, 'usePriorArtifact', errors);
  const useDefaultArtifact = readFlag(input, 'useDefaultArtifact', errors);
  const matchArtifact = readPattern(input.matchArtifact ?? null, errors);
  into.errors.push(...errors.map((fault) => ({ ...fault, path: `${path}.${fault.path}` })));
  const { defaultArtifact = null } = input;
  const isDefault = useDefaultArtifact && isJsonObject(defaultArtifact);
  return {
    id,
    ...(displayName === undefined ? {} : { displayName }),
    matchArtifact,
    usePriorArtifact,
    useDefaultArtifact,
    ...(isDefault ? { defaultArtifact: readLooseArtifact(defaultArtifact, `${path}.defaultArtifact`, into) } : {}),
  };
}

function readPattern(value: Json, errors: ArtifactFault[]): ArtifactPattern {
  if (value === null) return {};
  if (isJsonObject(value)) {
    const faults: ArtifactFault[] = [];
    const texts = readTexts(value, [...comparedFields, 'artifactAccount'], faults);
    errors.push(...faults.map((fault) => ({ ...fault, path: `matchArtifact.${fault.path}` })));
    return texts;
  }
  errors.push({ path: 'matchArtifact', message: 'must be an object' });
  return {};
}

function readTexts<K extends string>(
  input: JsonObject,
  keys: readonly K[],
  errors: ArtifactFault[],
): { readonly [key in K]?: string } {
  const texts: { [key in K]?: string } = {};
  for (const key of keys) {
    const value = Object.hasOwn(input, key) ? (input[key] ?? null) : null;
    if (value === null) continue;
    if (typeof value === 'object') errors.push({ path: key, message: 'must be a text' });
    else texts[key] = String(value);
  }
  return texts;
}

function readFlag(input: JsonObject, key: string, errors: ArtifactFault[]): boolean {
  const value = Object.hasOwn(input, key) ? (input[key] ?? false) : false;
  if (value === 'true' || value === 'false') return value === 'true';
  if (typeof value !== 'boolean') errors.push({ path: key, message: 'must be true or false' });
  return value === true;
}
