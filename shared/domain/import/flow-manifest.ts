import { compileJavaPattern } from '../java-pattern.ts';
import type { JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';
import { type FlowContext, filledText, noteAccount } from './flow-context.ts';
import type { FlowJob, FlowUnit } from './flow-file.ts';
import { objectOf, textOf, textsOf } from './read-loose.ts';

/** Paths in `file` point into the Flow file that came. */
export interface ManifestPlace {
  readonly file: JsonObject;
  readonly job: FlowJob;
  readonly unit: FlowUnit;
}

/**
 * A path in a workspace becomes an artifact of its own. From GitHub or GitLab it is fetched when a run starts; from elsewhere it
 * has to be posted. Answers the reference to it.
 */
export function manifestReference(context: FlowContext, place: ManifestPlace): string {
  const file = filledText(context, textOf(place.unit.with.yamlPath) ?? 'manifest.yaml').slice(0, 512);
  const path = joinPath(place.unit.path, 'with', 'yamlPath');
  const hosted = hostedFile(context, codeSource(place), file);
  const known = [...context.expected].find(([, one]) => JSON.stringify(one.defaultArtifact) === JSON.stringify(hosted));
  if (known !== undefined) return `$[sources.${known[0]}]`;
  const id = context.ids.take('manifest');
  if (hosted === undefined) addPosted(context, { id, file, path });
  else addFetched(context, { id, hosted, path });
  return `$[sources.${id}]`;
}

function addPosted(
  context: FlowContext,
  { id, file, path }: { readonly id: string; readonly file: string; readonly path: string },
): void {
  const name = `${context.name}/${file}`;
  context.sources.set(id, { type: 'artifact', artifactType: 'http/file', name, on: [] });
  context.notes.add(
    path,
    `there is no workspace here: the manifest becomes the artifact "${name}" of type http/file (source "${id}"). Post it (POST /v1/artifacts), or write the manifest into the step.`,
  );
}

function addFetched(
  context: FlowContext,
  { id, hosted, path }: { readonly id: string; readonly hosted: JsonObject; readonly path: string },
): void {
  const name = textOf(hosted.name) ?? '';
  const isPattern = compileJavaPattern(name).kind === 'ok';
  const matchArtifact = { type: hosted.type ?? '', ...(isPattern ? { name } : {}) };
  context.expected.set(id, { id, matchArtifact, useDefaultArtifact: true, defaultArtifact: hosted });
  context.notes.add(
    path,
    `there is no workspace here: the file is fetched from its repository when a run starts ("${id}").`,
  );
}

/** The one of `sourceOption`, of `defaultWorkspace`, or the only one. */
function codeSource({ file, job }: ManifestPlace): { readonly id: string; readonly source: JsonObject } | undefined {
  const sources = Object.entries(objectOf(file.sources)).filter(
    ([, one]) => textOf(objectOf(one).endpoint) !== undefined,
  );
  const wanted = [...textsOf(job.raw.sourceOption), ...textsOf(file.defaultWorkspace)];
  const named = sources.find(([id]) => wanted.includes(id));
  const [id, source] = named ?? (sources.length === 1 ? sources[0] : undefined) ?? [];
  return id === undefined ? undefined : { id, source: objectOf(source) };
}

function hostedFile(context: FlowContext, code: ReturnType<typeof codeSource>, file: string): JsonObject | undefined {
  if (code === undefined || !/^[^${}]+\.(?:ya?ml|json)$/.test(file)) return undefined;
  const { id, source } = code;
  const repository =
    /^(?:https:\/\/|git@)(github\.com|gitlab\.com)[/:]([\w.-]+(?:\/[\w.-]+)*\/[\w.-]+?)(?:\.git)?\/?$/.exec(
      textOf(source.endpoint) ?? '',
    );
  if (repository === null) return undefined;
  const [, host, project = ''] = repository;
  const name = file.replace(/^\.?\/+/, '');
  const account = noteAccount(context, source.certificate, joinPath('sources', id, 'certificate'));
  return {
    ...(host === 'github.com' ? onGitHub(project, name) : onGitLab(project, name)),
    name,
    version: branchOf(source),
    ...(account === undefined ? {} : { artifactAccount: account }),
  };
}

function branchOf(source: JsonObject): string {
  const branch = textOf(source.branch) ?? '';
  return /^[^\p{Cc}]{1,128}$/u.test(branch) ? branch : 'main';
}

function onGitHub(project: string, file: string): JsonObject {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return { type: 'github/file', reference: `https://api.github.com/repos/${project}/contents/${path}` };
}

function onGitLab(project: string, file: string): JsonObject {
  const [name, path] = [project, file].map(encodeURIComponent);
  return { type: 'gitlab/file', reference: `https://gitlab.com/api/v4/projects/${name}/repository/files/${path}/raw` };
}
