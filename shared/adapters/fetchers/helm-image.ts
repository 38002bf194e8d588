import { z } from 'zod';
import { type Digest, isDigest } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import { parseReference } from '../../domain/reference.ts';
import type { ArtifactFetcher, FetchRequest } from '../../ports/artifact-fetcher.ts';
import { type Manifest, type RegistryClient, registryFor } from '../../ports/registry-client.ts';
import { readJson } from './read-json.ts';

/** helm.sh/docs/topics/registries: the chart is the layer of this type. */
const chartLayer = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

const chartManifest = z.looseObject({
  layers: z.array(z.looseObject({ mediaType: z.string(), digest: z.string().refine(isDigest), size: z.number() })),
});

/**
 * A chart in an OCI registry: reference `oci://host/path[:tag][@digest]` or the same without `oci://`; the version is a tag or a
 * digest. The account is the registry's own that the pipeline may use. Its version is the manifest's digest.
 */
export function createHelmImage(client: RegistryClient): ArtifactFetcher {
  return {
    type: 'helm/image',
    accountTypes: ['registry'],
    async fetch(request) {
      const registry = registryFor(client, [request.pipeline]);
      const { repository, manifest } = await findManifest(registry, request);
      const { layers } = readJson(chartManifest, manifest.bytes, new URL(`https://${repository}`));
      const layer = layers.find(({ mediaType }) => mediaType === chartLayer);
      if (layer === undefined || !isDigest(layer.digest)) {
        throw new Failure('fetchNotPossible', `${repository}@${manifest.digest} is no Helm chart`);
      }
      return { bytes: await registry.blob(repository, layer.digest, request.maxBytes), version: manifest.digest };
    },
  };
}

async function findManifest(
  registry: RegistryClient,
  { artifact, account }: FetchRequest,
): Promise<{ readonly repository: string; readonly manifest: Manifest }> {
  const reference = parseReference(artifact.reference.replace(/^oci:\/\//, ''));
  const host = reference?.repository.split('/')[0];
  if (reference === undefined) {
    throw new Failure('fetchNotPossible', 'The reference of helm/image must be like oci://host/charts/shop:1.2.0');
  }
  if (account !== undefined && account.account.host !== host) {
    const named = account.account.host ?? 'no host';
    throw new Failure('accountNotPermitted', `Account ${account.account.name} is for ${named}, not for ${host}`);
  }
  const { repository } = reference;
  const version = artifact.version ?? '';
  const digest: Digest | undefined = isDigest(version) ? version : reference.digest;
  if (digest !== undefined) return { repository, manifest: await registry.manifest(repository, digest) };
  // Helm writes the + of a version as _ in a tag.
  const tag = version.replaceAll('+', '_') || reference.tag;
  if (tag === undefined) throw new Failure('fetchNotPossible', 'A helm/image needs a version: a tag or a digest');
  return { repository, manifest: await registry.resolveTag(repository, tag) };
}
