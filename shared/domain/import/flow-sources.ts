import { isIdentifier } from '../expression.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';
import { isRepository, isTag } from '../reference.ts';
import { type FlowContext, filledText, noteAccount } from './flow-context.ts';
import { objectOf, textOf, textsOf } from './read-loose.ts';
import { versionPattern } from './version-pattern.ts';

/** Sources that Flow builds from: the build system's own business. */
const codeSources = ['codeup', 'github', 'gitlab', 'git', 'svn', 'gitSample', 'gitee', 'bitbucket'];

/** Artifact sources become sources of ours, under their own ids where those are ids of ours too. */
export function readFlowSources(context: FlowContext, value: JsonObject): void {
  for (const [flowId, source] of Object.entries(value)) {
    const path = joinPath('sources', flowId);
    const translated = isJsonObject(source) ? translate(context, source, path) : undefined;
    if (!isJsonObject(source)) context.notes.add(path, 'is no source and is left out.');
    if (translated === undefined) continue;
    const id = context.ids.take(flowId);
    context.sourceIds.set(flowId, id);
    // References are rewritten to ids that can be read before they are looked up.
    if (!isIdentifier(flowId)) context.sourceIds.set(id, id);
    context.sources.set(id, translated);
  }
}

function translate(context: FlowContext, source: JsonObject, path: string): JsonObject | undefined {
  const type = textOf(source.type) ?? '';
  switch (type) {
    case 'acr':
      return acrSource(context, source, path);
    case 'flowPipeline':
      return pipelineSource(context, source, path);
    case 'jenkins':
      return jenkinsSource(context, source, path);
    case 'packages':
      return packageSource(context, source, path);
    default:
      noteCode(context, { source, path, type });
      return undefined;
  }
}

function noteCode(
  { notes }: FlowContext,
  { source, path, type }: { readonly source: JsonObject; readonly path: string; readonly type: string },
): void {
  const what = codeSources.includes(type) ? 'code' : `a source of type "${type.slice(0, 40)}"`;
  notes.add(path, `${what} has no counterpart: what is built from it comes in as a build or a push.`);
  if (textsOf(source.triggerEvents).length > 0) {
    notes.add(
      joinPath(path, 'triggerEvents'),
      'is left out: the build system starts on it, and its success starts this pipeline.',
    );
  }
}

const common = ['type', 'name', 'triggerEvents', 'certificate'];

function acrSource(context: FlowContext, source: JsonObject, path: string): JsonObject | undefined {
  const { notes } = context;
  const [region, instance, namespace, repo] = ['region', 'instance', 'namespace', 'imageRepo'].map((key) =>
    filledText(context, textOf(source[key]) ?? ''),
  );
  const repository = `${instance}-registry.${region}.cr.aliyuncs.com/${namespace}/${repo}`.toLowerCase();
  notes.leftover(source, path, {
    read: [...common, 'region', 'instance', 'namespace', 'imageRepo', 'imageTag', 'versionFilter'],
  });
  noteAccount(context, source.certificate, joinPath(path, 'certificate'));
  if (!isRepository(repository)) {
    notes.add(path, 'is left out: region, instance, namespace and imageRepo make no repository.');
    return undefined;
  }
  notes.add(
    path,
    `the host of an ACR instance is not in the file: ${repository} is a guess, correct it where your instance has another.`,
  );
  const on = events(context, source, { path, known: { pushCompleted: 'push', scanCompleted: 'scan' } });
  const include = versionPattern(source.versionFilter, notes, joinPath(path, 'versionFilter'));
  const tag = textOf(source.imageTag);
  if (tag !== undefined && !isTag(tag)) notes.add(joinPath(path, 'imageTag'), 'is no tag and is left out.');
  const isOpen = include === undefined && textOf(source.versionFilter) !== undefined;
  return {
    type: 'registry',
    repository,
    on: isOpen ? [] : on,
    ...(include === undefined ? {} : { tags: { include: [include] } }),
    ...(tag !== undefined && isTag(tag) ? { default: { tag } } : {}),
  };
}

function pipelineSource(context: FlowContext, source: JsonObject, path: string): JsonObject {
  const { notes } = context;
  notes.leftover(source, path, { read: [...common, 'flowPipeline', 'build'] });
  const pipeline = (textOf(source.flowPipeline) ?? textOf(source.name) ?? 'upstream').slice(0, 256);
  notes.add(
    joinPath(path, 'flowPipeline'),
    `"${pipeline.slice(0, 80)}" is Flow's id inside YAML; write the name of the Waybill pipeline, or the string that your receiver gives for that pipeline.`,
  );
  const on = events(context, source, { path, known: { buildSuccess: 'buildSuccess' } });
  return {
    type: 'pipeline',
    pipeline,
    build: buildOf(context, source, path),
    on: notItself(context, pipeline, { path, on }),
  };
}

function buildOf({ notes }: FlowContext, source: JsonObject, path: string): string {
  const build = textOf(source.build) ?? 'lastSuccessfulBuild';
  if (build.length <= 128) return build;
  notes.add(joinPath(path, 'build'), 'is no build and is left out.');
  return 'lastSuccessfulBuild';
}

function jenkinsSource(context: FlowContext, source: JsonObject, path: string): JsonObject {
  context.notes.leftover(source, path, { read: [...common, 'job', 'endpoint', 'build'] });
  noteAccount(context, source.certificate, joinPath(path, 'certificate'));
  const pipeline = (textOf(source.job) ?? textOf(source.name) ?? 'jenkins').slice(0, 256);
  context.notes.add(
    path,
    `builds of the Jenkins job "${pipeline.slice(0, 80)}" come in through a receiver of type jenkins.`,
  );
  const on = textsOf(source.triggerEvents).length > 0 ? ['buildSuccess'] : [];
  return {
    type: 'pipeline',
    pipeline,
    build: buildOf(context, source, path),
    on: notItself(context, pipeline, { path, on }),
  };
}

function packageSource(context: FlowContext, source: JsonObject, path: string): JsonObject {
  const { notes } = context;
  const { repoType = 'generic', repo = '', artifact = '' } = objectOf(source);
  const name = [repoType, repo, artifact]
    .map((part) => filledText(context, textOf(part) ?? ''))
    .join('/')
    .slice(0, 512);
  notes.leftover(source, path, { read: [...common, 'repoType', 'repo', 'artifact', 'version', 'versionFilter'] });
  noteAccount(context, source.certificate, joinPath(path, 'certificate'));
  notes.add(
    path,
    `becomes the artifact "${name}" of type http/file: let your build post it under that name (artifact.pushed, or POST /v1/artifacts).`,
  );
  const include = versionPattern(source.versionFilter, notes, joinPath(path, 'versionFilter'));
  const isOpen = include === undefined && textOf(source.versionFilter) !== undefined;
  const version = shortVersion(context, source, path);
  return {
    type: 'artifact',
    artifactType: 'http/file',
    name,
    on: textsOf(source.triggerEvents).length > 0 && !isOpen ? ['push'] : [],
    ...(include === undefined ? {} : { versions: { include: [include] } }),
    ...(version === undefined ? {} : { default: { version } }),
  };
}

function shortVersion({ notes }: FlowContext, source: JsonObject, path: string): string | undefined {
  const version = textOf(source.version);
  if (version === undefined || version.length <= 512) return version;
  notes.add(joinPath(path, 'version'), 'is left out: it is over 512 characters.');
  return undefined;
}

/** Each success of a pipeline would start it again. */
function notItself(
  { notes, name }: FlowContext,
  pipeline: string,
  { path, on }: { readonly path: string; readonly on: readonly string[] },
): readonly string[] {
  if (pipeline !== name || on.length === 0) return on;
  notes.add(path, 'starts no run: it has the name of this pipeline, whose success would start it again.');
  return [];
}

function events(
  { notes }: FlowContext,
  source: JsonObject,
  { path, known }: { readonly path: string; readonly known: Readonly<Record<string, string>> },
): readonly string[] {
  const on = textsOf(source.triggerEvents).flatMap((event) => {
    const ours = Object.hasOwn(known, event) ? known[event] : undefined;
    if (ours === undefined)
      notes.add(
        joinPath(path, 'triggerEvents'),
        `"${event.slice(0, 40)}" is no event of such a source and is left out.`,
      );
    return ours === undefined ? [] : [ours];
  });
  return [...new Set(on)];
}
