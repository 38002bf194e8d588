import type { ManifestFacts, PlatformChild } from './artifact.ts';
import { type Digest, parseDigest } from './digest.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import { parseRfc3339 } from './parse-rfc3339.ts';

/** What points at a blob or another manifest. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface IndexChild extends Descriptor {
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
}

interface ManifestBase {
  readonly mediaType: string;
  /** Bytes of the manifest itself. */
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface IndexManifest extends ManifestBase {
  readonly kind: 'index';
  readonly children: readonly IndexChild[];
}

export interface ImageManifest extends ManifestBase {
  readonly kind: 'image';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export type ParsedManifest =
  | IndexManifest
  | ImageManifest
  | { readonly kind: 'invalid' /** Names the field. */; readonly message: string };

const indexTypes: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const imageTypes: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
/** What a client that understands all four asks a registry for. */
export const manifestMediaTypes: readonly string[] = [...imageTypes, ...indexTypes];

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers: a registry may not hold them. */
const foreignLayer = /^application\/vnd\.(?:docker\.image\.rootfs\.foreign\.|oci\.image\.layer\.nondistributable\.)/;

export function isForeignLayer(layer: Pick<Descriptor, 'mediaType'>): boolean {
  return foreignLayer.test(layer.mediaType);
}

/** An index is kept with its children in one item, so their number is bounded. */
const maxChildren = 256;
const maxLayers = 1000;

/** Thrown and caught in this file only: the first fault of a document ends its reading. */
class Invalid extends Error {}

/** Reads an OCI or Docker (schema 2) manifest or index. Never throws: whatever is wrong is `invalid`, naming the field. */
export function parseManifest(text: string, mediaType: string): ParsedManifest {
  try {
    return readManifest(readJson(text), mediaType, utf8Length(text));
  } catch (error) {
    if (error instanceof Invalid) return { kind: 'invalid', message: error.message };
    throw error;
  }
}

/**
 * What is recorded of a manifest. `config` is the image's configuration (of an index: of one child, if at all): its labels
 * count where the manifest has no annotation of the same meaning.
 */
export function manifestFacts(parsed: IndexManifest | ImageManifest, config?: JsonObject): ManifestFacts {
  const labels = labelsOf(config);
  const named = (...keys: readonly string[]) =>
    firstText([...keys.map((key) => parsed.annotations[key]), ...keys.map((key) => labels[key])]);
  const created = [parsed.annotations['org.opencontainers.image.created'], config?.created]
    .map(parseCreated)
    .find((at) => at !== undefined);
  const source = named('org.opencontainers.image.source');
  const revision = named('org.opencontainers.image.revision');
  const branch = named('org.opencontainers.image.branch', 'dev.waybill.branch');
  return {
    mediaType: parsed.mediaType,
    size: parsed.size,
    children: parsed.kind === 'index' ? platformChildren(parsed.children) : [],
    ...(created === undefined ? {} : { created }),
    ...(source === undefined ? {} : { source }),
    ...(revision === undefined ? {} : { revision }),
    ...(branch === undefined ? {} : { branch }),
  };
}

function readJson(text: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Invalid('the manifest is not JSON');
  }
  return objectAt(value, 'the manifest');
}

function readManifest(document: JsonObject, mediaType: string, size: number): ParsedManifest {
  if (document.schemaVersion !== 2) throw new Invalid('schemaVersion must be 2');
  if (document.mediaType !== undefined && document.mediaType !== mediaType) {
    throw new Invalid('mediaType is not the one that the registry gave');
  }
  // One text that two readers take for different things is an attack (image-spec, "Media Type Conflicts"; CVE-2021-41190).
  if ('manifests' in document && ('config' in document || 'layers' in document)) {
    throw new Invalid('manifests and config or layers exclude each other');
  }
  const base = { mediaType, size, annotations: annotationsOf(document.annotations) };
  if (indexTypes.includes(mediaType)) {
    return { kind: 'index', ...base, children: listAt(document.manifests, 'manifests', maxChildren).map(childAt) };
  }
  if (!imageTypes.includes(mediaType))
    throw new Invalid(`media type ${shown(mediaType)} is not a manifest that is known`);
  return {
    kind: 'image',
    ...base,
    config: descriptorAt(document.config, 'config'),
    layers: listAt(document.layers, 'layers', maxLayers).map((layer, at) => descriptorAt(layer, `layers[${at}]`)),
  };
}

function childAt(value: Json, at: number): IndexChild {
  const path = `manifests[${at}]`;
  const descriptor = descriptorAt(value, path);
  const platform = objectAt(value, path).platform;
  if (platform === undefined || platform === null) return descriptor;
  const fields = objectAt(platform, `${path}.platform`);
  const variant = fields.variant === undefined ? {} : { variant: wordAt(fields.variant, `${path}.platform.variant`) };
  return {
    ...descriptor,
    platform: {
      os: wordAt(fields.os, `${path}.platform.os`),
      architecture: wordAt(fields.architecture, `${path}.platform.architecture`),
      ...variant,
    },
  };
}

function descriptorAt(value: Json | undefined, path: string): Descriptor {
  const fields = objectAt(value, path);
  const digest = typeof fields.digest === 'string' ? parseDigest(fields.digest) : undefined;
  if (digest === undefined) throw new Invalid(`${path}.digest must be sha256: and 64 lower-case hex digits`);
  const { size } = fields;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new Invalid(`${path}.size must be a whole number of bytes`);
  }
  return { mediaType: wordAt(fields.mediaType, `${path}.mediaType`), digest, size };
}

function objectAt(value: Json | undefined, path: string): JsonObject {
  if (!isJsonObject(value)) throw new Invalid(`${path} must be an object`);
  return value;
}

function listAt(value: Json | undefined, path: string, max: number): readonly Json[] {
  if (!Array.isArray(value)) throw new Invalid(`${path} must be a list`);
  if (value.length > max) throw new Invalid(`${path} has more than ${max} entries`);
  return value;
}

function wordAt(value: Json | undefined, path: string): string {
  if (typeof value !== 'string' || value.length > 255)
    throw new Invalid(`${path} must be a text of at most 255 characters`);
  return value;
}

function annotationsOf(value: Json | undefined): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {};
  return textEntries(objectAt(value, 'annotations'), (key) => {
    throw new Invalid(`annotations.${shown(key)} must be a text`);
  });
}

/** A configuration is the builder's, not the registry's: a label of a wrong type is passed over. */
function labelsOf(config: JsonObject | undefined): Readonly<Record<string, string>> {
  const inner = config?.config;
  const labels = isJsonObject(inner) ? inner.Labels : undefined;
  return isJsonObject(labels) ? textEntries(labels, () => undefined) : {};
}

function textEntries(fields: JsonObject, otherwise: (key: string) => void): Readonly<Record<string, string>> {
  const texts: [string, string][] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value === 'string') texts.push([key, value]);
    else otherwise(key);
  }
  return Object.fromEntries(texts);
}

/**
 * Builders put attestations beside the images, under `unknown/unknown`. A child that names no platform is one all the same:
 * left out, an index of such children would have facts without them.
 */
function platformChildren(children: readonly IndexChild[]): readonly PlatformChild[] {
  return children
    .filter(({ platform }) => platform?.os !== 'unknown' || platform.architecture !== 'unknown')
    .map(({ digest, platform }) => ({ digest, ...(platform ?? { os: '', architecture: '' }) }));
}

/** Builders that want the same bytes each time write the year 1 or 1970: that is no time. */
function parseCreated(value: Json | undefined): number | undefined {
  const at = typeof value === 'string' ? parseRfc3339(value) : undefined;
  return at !== undefined && at > 0 ? at : undefined;
}

function firstText(values: readonly (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && /^[^\p{Cc}]{1,1024}$/u.test(value));
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}

function utf8Length(text: string): number {
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    // Each half of a surrogate pair counts as two of its four bytes.
    if (unit < 0x80) length += 1;
    else length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return length;
}
