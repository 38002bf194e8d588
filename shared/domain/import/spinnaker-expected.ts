import { imageType } from '../artifact.ts';
import { normaliseArtifact } from '../artifact-identity.ts';
import { isDigest } from '../digest.ts';
import { compileJavaPattern } from '../java-pattern.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';
import { isTag, parseReference } from '../reference.ts';
import { listOf, objectOf, textOf } from './read-loose.ts';
import type { SpinnakerContext } from './spinnaker-context.ts';
import { versionPattern } from './version-pattern.ts';

/** Expectations of images with a name that is one become registry sources, others stay expectations. */
export function readSpinnakerExpected(context: SpinnakerContext, value: Json | undefined): void {
  for (const [index, item] of listOf(value).entries()) {
    const path = joinPath('expectedArtifacts', index);
    if (isJsonObject(item)) expectOne(context, item, path);
    else context.notes.add(path, 'is no expected artifact and is left out.');
  }
}

export function expectOne(context: SpinnakerContext, item: JsonObject, path: string): void {
  const repository = expectedRepository(item);
  const id = addId(context, item);
  if (repository === undefined) context.expected.set(id, expectation(context, item, { id, path }));
  else context.sources.set(id, imageSource(context, item, { repository, path }));
}

/** An id of ours, by the name that people see. References to it need no quotes. */
export function addId(context: SpinnakerContext, item: JsonObject): string {
  const match = objectOf(item.matchArtifact);
  const last = (textOf(match.name) ?? '').split('/').at(-1) ?? '';
  const id = context.ids.take(textOf(item.displayName) ?? last, last, 'artifact');
  context.expectedIds.set(textOf(item.id) ?? '', id);
  return id;
}

function expectedRepository({ matchArtifact }: JsonObject): string | undefined {
  const { type, name } = objectOf(matchArtifact);
  const literal = (textOf(name) ?? '').replace(/^\^/, '').replace(/\$$/, '').replaceAll('\\.', '.');
  const reference = type === imageType ? parseReference(literal) : undefined;
  return reference?.tag === undefined && reference?.digest === undefined ? reference?.repository : undefined;
}

function imageSource(
  context: SpinnakerContext,
  item: JsonObject,
  { repository, path }: { readonly repository: string; readonly path: string },
): JsonObject {
  const { notes } = context;
  const at = joinPath(path, 'matchArtifact');
  const match = objectOf(item.matchArtifact);
  const include = tagPattern(context, match.version, joinPath(at, 'version'));
  for (const key of ['reference', 'location']) {
    if (textOf(match[key]) !== undefined)
      notes.add(joinPath(at, key), 'is left out: a registry source takes an image by repository and tag.');
  }
  if (item.usePriorArtifact === true) {
    notes.add(
      joinPath(path, 'usePriorArtifact'),
      'is left out: a source that no event brings takes its latest version.',
    );
  }
  const tag = item.useDefaultArtifact === true ? defaultTag(context, item.defaultArtifact, path) : undefined;
  return {
    type: 'registry',
    repository,
    on: [],
    ...(include === undefined ? {} : { tags: { include: [include] } }),
    ...(tag === undefined ? {} : { default: { tag } }),
  };
}

/** What Spinnaker calls an image's version is its tag; here the version is the digest. */
function tagPattern({ notes }: SpinnakerContext, value: Json | undefined, path: string): string | undefined {
  const text = textOf(value)?.trim();
  if (text === undefined || text === '') return undefined;
  if (!isDigest(text)) return isTag(text) ? text : versionPattern(text, notes, path);
  notes.add(path, 'is left out: a source names no digest; choose it when a run is started.');
  return undefined;
}

function defaultTag({ notes }: SpinnakerContext, value: Json | undefined, path: string): string | undefined {
  const { version, reference } = objectOf(value);
  const tag = [textOf(version) ?? '', parseReference(textOf(reference) ?? '')?.tag ?? ''].find(isTag);
  if (tag === undefined) notes.add(joinPath(path, 'defaultArtifact'), 'is left out: it names no tag.');
  return tag;
}

const comparedFields = ['type', 'name', 'version', 'location', 'reference'] as const;

/** As it came, but for its id and what could not be compared. */
function expectation(
  context: SpinnakerContext,
  item: JsonObject,
  { id, path }: { readonly id: string; readonly path: string },
): JsonObject {
  const at = joinPath(path, 'matchArtifact');
  const displayName = textOf(item.displayName);
  return {
    id,
    ...(displayName === undefined ? {} : { displayName }),
    matchArtifact: pattern(context, objectOf(item.matchArtifact), at),
    ...(item.usePriorArtifact === true ? { usePriorArtifact: true } : {}),
    ...defaultOf(context, item, path),
  };
}

function pattern({ notes }: SpinnakerContext, match: JsonObject, at: string): JsonObject {
  const isImage = match.type === imageType;
  const entries = comparedFields.flatMap((field) => {
    const text = textOf(match[field]);
    if (text === undefined) return [];
    const fault = patternFault(text);
    if (fault !== undefined) notes.add(joinPath(at, field), `is left out: ${fault}`);
    else if (isImage && field === 'version') {
      notes.add(
        joinPath(at, field),
        'is left out: here the version of an image is its digest, not its tag. Use a registry source with a tag filter.',
      );
    } else return [[field, text] as const];
    return [];
  });
  const account = textOf(match.artifactAccount);
  return { ...Object.fromEntries(entries), ...(account === undefined ? {} : { artifactAccount: account }) };
}

/** Why a pattern cannot be compared; undefined = it can. */
export function patternFault(text: string): string | undefined {
  if (text.includes('${')) return 'SpEL is not evaluated here.';
  const compiled = compileJavaPattern(text);
  return compiled.kind === 'ok' ? undefined : `at position ${compiled.position}: ${compiled.message}.`;
}

/** Spinnaker's UI leaves an empty stub where no default is meant. */
function defaultOf({ notes }: SpinnakerContext, item: JsonObject, path: string): JsonObject {
  if (item.useDefaultArtifact !== true) return {};
  const fault = artifactFault(item.defaultArtifact);
  if (fault === undefined) return { useDefaultArtifact: true, defaultArtifact: objectOf(item.defaultArtifact) };
  notes.add(joinPath(path, 'defaultArtifact'), `is left out: ${fault}.`);
  return {};
}

/** Why it is no artifact; undefined = it is one. */
export function artifactFault(value: Json | undefined): string | undefined {
  const normal = normaliseArtifact(objectOf(value), () => new Uint8Array(20));
  const [first] = normal.kind === 'invalid' ? normal.errors : [];
  return first && `${first.path} ${first.message}`;
}
