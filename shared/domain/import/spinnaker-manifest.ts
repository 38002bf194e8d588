import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { mayBeKubernetesLabel } from '../kubernetes-name.ts';
import { joinPath } from '../pipeline-draft.ts';
import { parseReference } from '../reference.ts';
import { listOf, objectOf, textOf, textsOf } from './read-loose.ts';
import { spelText } from './spel.ts';
import type { SpinnakerContext } from './spinnaker-context.ts';
import { artifactFault, patternFault } from './spinnaker-expected.ts';
import type { SpinnakerStage } from './spinnaker-steps.ts';

const read = [
  'account',
  'cloudProvider',
  'namespaceOverride',
  'source',
  'manifests',
  'manifestArtifactId',
  'manifestArtifact',
  'manifestArtifactAccount',
  'requiredArtifactIds',
  'requiredArtifacts',
  'moniker',
];

/** `deployManifest` as `kubernetes-apply`; undefined where there is no manifest. */
export function deployManifest(context: SpinnakerContext, stage: SpinnakerStage): JsonObject | undefined {
  const { notes } = context;
  const { raw, path } = stage;
  notes.leftover(raw, path, { read: [...stage.read, ...read], reasons: stage.reasons });
  const isArtifact =
    raw.source === 'artifact' || (listOf(raw.manifests).length === 0 && raw.manifestArtifactId !== undefined);
  const manifest = isArtifact ? manifestArtifact(context, raw, path) : inlineManifest(context, raw, path);
  if (manifest === undefined) {
    notes.add(path, 'is left out: it holds no manifest.');
    return undefined;
  }
  notes.add(
    path,
    'deployManifest becomes kubernetes-apply; an engine without that step refuses the file with stepNotAvailable.',
  );
  const cluster = spelText(textOf(raw.account) ?? 'default', joinPath(path, 'account'), context);
  const namespace = namespaceOf(context, raw, path);
  const variables = isArtifact ? imageVariables(context, raw, path) : [];
  return {
    step: 'kubernetes-apply',
    with: {
      cluster,
      ...(namespace === undefined ? {} : { namespace }),
      manifest,
      ...(variables.length === 0 ? {} : { variables }),
    },
  };
}

function namespaceOf(context: SpinnakerContext, raw: JsonObject, path: string): string | undefined {
  const given = textOf(raw.namespaceOverride);
  if (given === undefined) return undefined;
  const here = joinPath(path, 'namespaceOverride');
  const namespace = spelText(given, here, context);
  if (mayBeKubernetesLabel(namespace)) return namespace;
  context.notes.add(here, 'is left out: it is no name of a namespace.');
  return undefined;
}

function manifestArtifact(context: SpinnakerContext, raw: JsonObject, path: string): string | undefined {
  const id = textOf(raw.manifestArtifactId);
  const known = id === undefined ? undefined : context.expectedIds.get(id);
  if (known !== undefined) return `$[sources.${known}]`;
  const artifact = objectOf(raw.manifestArtifact);
  if (artifactFault(artifact) !== undefined) return undefined;
  const type = textOf(artifact.type) ?? '';
  const ours = context.ids.take('manifest');
  const account = textOf(raw.manifestArtifactAccount)?.slice(0, 256);
  const defaultArtifact =
    account === undefined || textOf(artifact.artifactAccount) !== undefined
      ? artifact
      : { ...artifact, artifactAccount: account };
  context.expected.set(ours, {
    id: ours,
    matchArtifact: patternFault(type) === undefined ? { type } : {},
    useDefaultArtifact: true,
    defaultArtifact,
  });
  context.notes.add(joinPath(path, 'manifestArtifact'), `becomes the default of the expected artifact "${ours}".`);
  return `$[sources.${ours}]`;
}

/** Spinnaker puts images into manifests by their names; here a manifest that is written out says where. */
function inlineManifest(context: SpinnakerContext, raw: JsonObject, path: string): readonly Json[] | undefined {
  const objects = listOf(raw.manifests).flatMap((one, index) =>
    isJsonObject(one) ? [withImages(context, one, joinPath(path, 'manifests', index))] : [],
  );
  return objects.length === 0 ? undefined : objects.slice(0, 100);
}

function withImages(context: SpinnakerContext, value: Json, path: string): Json {
  if (Array.isArray(value)) return listOf(value).map((item, index) => withImages(context, item, joinPath(path, index)));
  if (typeof value === 'string') return spelText(value, path, context);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const source = key === 'image' && typeof item === 'string' ? sourceOf(context, item) : undefined;
      return [key, source === undefined ? withImages(context, item, joinPath(path, key)) : `$[sources.${source}]`];
    }),
  );
}

function sourceOf(context: SpinnakerContext, image: string): string | undefined {
  const repository = parseReference(image.replace(/:\$\{[^}]*\}$/, ''))?.repository;
  return [...context.sources].find(([, source]) => source.type === 'registry' && source.repository === repository)?.[0];
}

function imageVariables(context: SpinnakerContext, raw: JsonObject, path: string): readonly JsonObject[] {
  const ids = textsOf(raw.requiredArtifactIds).flatMap((id) => context.expectedIds.get(id) ?? []);
  const images = [...new Set(ids)].filter((id) => context.sources.get(id)?.type === 'registry');
  for (const id of images) {
    context.notes.add(
      joinPath(path, 'requiredArtifactIds'),
      `write \${${id}} where the manifest is to have that image: images are not put in by their names.`,
    );
  }
  if (listOf(raw.requiredArtifacts).length > 0)
    context.notes.add(joinPath(path, 'requiredArtifacts'), 'are left out: make them sources.');
  return images.map((id) => ({ key: id, value: `$[sources.${id}]` }));
}
