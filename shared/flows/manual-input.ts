import { type Artifact, imageType } from '../domain/artifact.ts';
import { artifactUuid, normaliseArtifact } from '../domain/artifact-identity.ts';
import { parseDigest } from '../domain/digest.ts';
import type { ExpectedArtifact } from '../domain/expected-artifact.ts';
import { imageTags } from '../domain/image-push.ts';
import type { JsonObject } from '../domain/json.ts';
import { matchArtifact } from '../domain/match-artifact.ts';
import type { ArtifactSource, PipelineDefinition, RegistrySource } from '../domain/pipeline.ts';
import { admitTag, admitVersion } from '../domain/tag-filter.ts';
import type { Ports } from '../ports/ports.ts';
import { countingFile } from './intake/pick-file.ts';
import type { Selection } from './intake/picked.ts';
import { isOf } from './intake/receive-artifacts.ts';

export interface ManualRun {
  /** Decorated, or in Flow's shapes. One with a version and no reference stands for what is recorded under it. */
  readonly artifacts?: readonly JsonObject[];
  /** By source, or by expected artifact. `version` is for files and packages. */
  readonly select?: Readonly<Record<string, ManualSelection>>;
  readonly parameters?: Readonly<Record<string, string>>;
  /** Expectations that must be bound; without it, those that a given artifact matches. */
  readonly expectedArtifactIds?: readonly string[];
}

export interface ManualSelection {
  readonly tag?: string;
  readonly digest?: string;
  readonly build?: string;
  readonly version?: string;
}

export interface InputFault {
  readonly path: string;
  readonly message: string;
}

export interface ManualInput {
  readonly kind: 'ok';
  /** Those given, then those that were selected for expectations. */
  readonly artifacts: readonly Artifact[];
  /** For sources. */
  readonly select: Readonly<Record<string, Selection>>;
}

/** `code` is invalidInput or notAdmitted. */
export interface InvalidInput {
  readonly kind: 'invalid';
  readonly code: string;
  readonly errors: readonly InputFault[];
}

type InputPorts = Pick<Ports, 'artifacts' | 'sha1'>;

/** Every fault at once, each with its path. */
export async function readManualInput(
  ports: InputPorts,
  definition: PipelineDefinition,
  body: ManualRun,
): Promise<ManualInput | InvalidInput> {
  const errors: InputFault[] = [];
  const given = await readArtifacts(ports, definition, { inputs: body.artifacts ?? [], errors });
  const { select, selected } = await readSelect(ports, definition, { body, errors });
  for (const name of Object.keys(body.parameters ?? {})) {
    if (Object.hasOwn(definition.parameters, name)) continue;
    errors.push({
      path: `parameters.${name}`,
      message: `is no parameter of the pipeline: ${names(Object.keys(definition.parameters))}`,
    });
  }
  if (errors.length > 0) return { kind: 'invalid', code: 'invalidInput', errors };
  const refused = notAdmitted(definition, given) ?? selected.find((one) => one.kind === 'invalid');
  if (refused?.kind === 'invalid') return refused;
  const chosen = selected.flatMap((one) => (one.kind === 'ok' ? [one.artifact] : []));
  return { kind: 'ok', artifacts: [...given, ...chosen], select };
}

/** Whether a source's filter lets an artifact in. A digest alone speaks for itself. */
export function admits(source: RegistrySource | ArtifactSource, artifact: Artifact): boolean {
  if (source.type === 'artifact') return admitVersion(source.versions, artifact.version).admitted;
  const tags = imageTags(artifact);
  return tags.length === 0 || tags.some((tag) => admitTag(source.tags, tag).admitted);
}

async function readArtifacts(
  ports: InputPorts,
  definition: PipelineDefinition,
  { inputs, errors }: { readonly inputs: readonly JsonObject[]; readonly errors: InputFault[] },
): Promise<readonly Artifact[]> {
  const artifacts: Artifact[] = [];
  for (const [index, input] of inputs.entries()) {
    const normal = normaliseArtifact(input, ports.sha1);
    if (normal.kind === 'ok') {
      const recorded =
        (input.reference ?? '') === '' ? await findRecorded(ports, definition, normal.artifact) : undefined;
      artifacts.push(recorded ?? normal.artifact);
    } else {
      errors.push(...normal.errors.map(({ path, message }) => ({ path: `artifacts[${index}].${path}`, message })));
    }
  }
  return artifacts;
}

/** A file as it was pushed, if somebody did whose word counts for the pipeline (ruling 10). An image is what its registry has. */
async function findRecorded(
  ports: InputPorts,
  { owners }: PipelineDefinition,
  { type, name, version }: Pick<Artifact, 'type' | 'name' | 'version'>,
): Promise<Artifact | undefined> {
  if (type === imageType || version === undefined) return undefined;
  const recorded = await ports.artifacts.find(artifactUuid(type, name, version, ports.sha1));
  return recorded && countingFile(recorded, await ports.artifacts.facts(recorded.artifact.uuid), owners);
}

interface Selected {
  readonly kind: 'ok';
  readonly artifact: Artifact;
}

async function readSelect(
  ports: InputPorts,
  definition: PipelineDefinition,
  { body, errors }: { readonly body: ManualRun; readonly errors: InputFault[] },
): Promise<{ readonly select: ManualInput['select']; readonly selected: readonly (Selected | InvalidInput)[] }> {
  const select: [string, Selection][] = [];
  const selected: (Selected | InvalidInput)[] = [];
  for (const [id, one] of Object.entries(body.select ?? {})) {
    const path = `select.${id}`;
    const expectation = definition.expectedArtifacts.find((expected) => expected.id === id);
    const digest = one.digest === undefined ? undefined : parseDigest(one.digest);
    const wanted = { tag: one.tag ?? one.version, digest, build: one.build };
    if (!Object.hasOwn(definition.sources, id) && expectation === undefined) {
      const known = [
        ...Object.keys(definition.sources),
        ...definition.expectedArtifacts.map((expected) => expected.id),
      ];
      errors.push({ path, message: `is no source or expected artifact of the pipeline: ${names(known)}` });
    } else if (one.digest !== undefined && digest === undefined) {
      errors.push({ path: `${path}.digest`, message: 'must be sha256: and 64 lower-case hex digits' });
    } else if (wanted.tag === undefined && digest === undefined && one.build === undefined) {
      errors.push({ path, message: 'must name a tag, a digest or a build; of a file its version' });
    } else if (expectation === undefined) {
      select.push([id, wanted]);
    } else {
      selected.push(await selectFor(ports, definition, { expectation, wanted, path }));
    }
  }
  return { select: Object.fromEntries(select), selected };
}

interface Choice {
  readonly expectation: ExpectedArtifact;
  readonly wanted: Selection;
  readonly path: string;
}

/** The one artifact that an expectation's own name and a version make, as far as its pattern is a plain name. */
async function selectFor(
  ports: InputPorts,
  definition: PipelineDefinition,
  { expectation, wanted, path }: Choice,
): Promise<Selected | InvalidInput> {
  const refused = (message: string): InvalidInput => ({
    kind: 'invalid',
    code: 'notAdmitted',
    errors: [{ path, message }],
  });
  const { name = '' } = expectation.matchArtifact;
  const type = expectation.matchArtifact.type || imageType;
  if (name === '' || /[*+?()[\]{}|^$\\]/.test(`${type}${name}`)) {
    return refused('its matchArtifact is a pattern, not one name: give the artifact itself in artifacts');
  }
  if (wanted.build !== undefined) return refused('is no source of type pipeline: select a tag, a digest or a version');
  const input = type === imageType ? imageInput(name, wanted) : { type, name, version: wanted.tag ?? '' };
  const normal = normaliseArtifact(input, ports.sha1);
  if (normal.kind === 'invalid') return refused(normal.errors.map((one) => `${one.path} ${one.message}`).join('; '));
  const artifact = type === imageType ? normal.artifact : await findRecorded(ports, definition, normal.artifact);
  if (artifact === undefined) return refused(`version "${wanted.tag}" of ${type} ${name} is not recorded`);
  const match = matchArtifact(expectation.matchArtifact, artifact);
  if (match.kind === 'matches') return { kind: 'ok', artifact };
  return refused(`does not fit its own matchArtifact.${match.field}`);
}

function imageInput(name: string, { tag, digest }: Selection): JsonObject {
  const reference = `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  return { type: imageType, name, reference, ...(digest === undefined ? { version: tag ?? '' } : { version: digest }) };
}

/** An artifact that a source's repository or name fits must be one that such a source admits. */
function notAdmitted(definition: PipelineDefinition, artifacts: readonly Artifact[]): InvalidInput | undefined {
  const all = Object.values(definition.sources).filter((source) => source.type !== 'pipeline');
  for (const [index, artifact] of artifacts.entries()) {
    const sources = all.filter((source) => isOf(source, artifact));
    const [first] = sources;
    if (first === undefined || sources.some((source) => admits(source, artifact))) continue;
    const admission =
      first.type === 'artifact'
        ? admitVersion(first.versions, artifact.version)
        : admitTag(first.tags, imageTags(artifact)[0]);
    const message = admission.admitted ? '' : admission.message;
    return { kind: 'invalid', code: 'notAdmitted', errors: [{ path: `artifacts[${index}]`, message }] };
  }
  return undefined;
}

function names(known: readonly string[]): string {
  return known.join(', ') || 'it has none';
}
