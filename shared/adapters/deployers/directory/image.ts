import { type Digest, parseDigest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../domain/json.ts';
import { type Descriptor, type ImageManifest, type IndexChild, parseManifest } from '../../../domain/manifest.ts';
import type { RegistryClient } from '../../../ports/registry-client.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

export interface ImageRequest {
  /** `host/path`. */
  readonly repository: string;
  /** Of an image or an index. */
  readonly digest: Digest;
  /** `os/architecture[/variant]` as asked for; absent = the host's for an index, any for an image. */
  readonly platform?: string;
  readonly host: Platform;
}

export type Compression = 'gzip' | 'zstd' | 'none';

export interface Layer extends Descriptor {
  readonly compression: Compression;
  /** Of the unpacked tar. */
  readonly diffId: Digest;
}

export interface ImageContents {
  /** Of the image itself: an index's child. */
  readonly digest: Digest;
  /** Lowest first. */
  readonly layers: readonly Layer[];
}

const configBytes = 4 * 1024 * 1024;

/** By digest only: manifest (an index gives its child for the platform), configuration, and what its layers are. */
export async function readImage(registry: RegistryClient, request: ImageRequest): Promise<ImageContents> {
  const { repository, digest } = request;
  const parsed = await readManifest(registry, repository, digest);
  if (parsed.kind === 'image') return readLayers(registry, request, { digest, manifest: parsed });
  const child = chooseChild(parsed.children, request);
  const manifest = await readManifest(registry, repository, child.digest);
  if (manifest.kind !== 'image') throw unusable(child.digest, 'is an index inside an index');
  return readLayers(registry, request, { digest: child.digest, manifest });
}

async function readManifest(registry: RegistryClient, repository: string, digest: Digest) {
  const { bytes, mediaType } = await registry.manifest(repository, digest);
  const parsed = parseManifest(Buffer.from(bytes).toString('utf8'), mediaType);
  if (parsed.kind === 'invalid') throw unusable(digest, `is no image that can be unpacked: ${parsed.message}`);
  return parsed;
}

/** The first that fits, as the image specification prefers. */
function chooseChild(children: readonly IndexChild[], { digest, platform, host }: ImageRequest): IndexChild {
  const asked = platform ?? `${host.os}/${host.architecture}`;
  const [os, architecture, variant] = asked.split('/');
  const found = children.find(
    ({ platform: has }) =>
      has?.os === os && has?.architecture === architecture && (variant === undefined || has?.variant === variant),
  );
  if (found !== undefined) return found;
  throw platformMissing(
    digest,
    asked,
    children.flatMap((child) => (child.platform ? [platformName(child.platform)] : [])),
  );
}

async function readLayers(
  registry: RegistryClient,
  { repository, platform }: ImageRequest,
  image: { readonly digest: Digest; readonly manifest: ImageManifest },
): Promise<ImageContents> {
  const { digest, manifest } = image;
  const config = parseConfig(await registry.blob(repository, manifest.config.digest, configBytes));
  if (platform !== undefined) checkPlatform(digest, config, platform);
  const diffIds = diffIdsOf(config);
  if (diffIds?.length !== manifest.layers.length) {
    throw unusable(digest, 'has a configuration that does not name the diff_id of each of its layers');
  }
  const layers = manifest.layers.flatMap((layer, index): Layer[] => {
    const diffId = diffIds[index];
    return diffId === undefined ? [] : [{ ...layer, diffId, compression: compressionOf(digest, layer) }];
  });
  return { digest, layers };
}

function parseConfig(bytes: Uint8Array): JsonObject {
  try {
    const value: Json = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function checkPlatform(digest: Digest, config: JsonObject, asked: string): void {
  const has = platformName({
    os: String(config.os),
    architecture: String(config.architecture),
    variant: typeof config.variant === 'string' ? config.variant : undefined,
  });
  if (has !== asked && !has.startsWith(`${asked}/`)) throw platformMissing(digest, asked, [has]);
}

function diffIdsOf(config: JsonObject): readonly Digest[] | undefined {
  const listed = isJsonObject(config.rootfs) ? config.rootfs.diff_ids : undefined;
  if (!Array.isArray(listed)) return undefined;
  const digests = listed.flatMap((one: Json) => (typeof one === 'string' ? (parseDigest(one) ?? []) : []));
  return digests.length === listed.length ? digests : undefined;
}

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md, and Docker's own names for the same. */
function compressionOf(digest: Digest, layer: Descriptor): Compression {
  const ending = /\.tar(?:[.+](gzip|zstd))?$/.exec(layer.mediaType);
  if (ending === null) throw unusable(digest, `has a layer of media type ${layer.mediaType}, which is no tar archive`);
  return ending[1] === 'gzip' || ending[1] === 'zstd' ? ending[1] : 'none';
}

function platformName({ os, architecture, variant }: NonNullable<IndexChild['platform']>): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

function platformMissing(digest: Digest, asked: string, has: readonly string[]): Failure {
  const there = [...new Set(has.filter((name) => name !== 'unknown/unknown'))].join(', ') || 'none';
  return new Failure(
    'platformNotFound',
    `${digest} has no image for ${asked}; it has: ${there}. Set \`platform\` to one of these.`,
  );
}

function unusable(digest: Digest, what: string): Failure {
  return new Failure('invalidInput', `${digest} ${what}`);
}
