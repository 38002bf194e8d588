import { z } from 'zod';
import { type Digest, isDigest } from '../../shared/domain/digest.ts';

export const imageMediaTypes: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
export const indexMediaTypes: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
// Layers that a registry may not hold: https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers
const foreignLayer = /^application\/vnd\.(?:docker\.image\.rootfs\.foreign\.|oci\.image\.layer\.nondistributable\.)/;

/** Something that must be in the repository before the manifest is taken. `any` = a blob or a manifest. */
export interface ManifestReference {
  readonly kind: 'blob' | 'manifest' | 'any';
  readonly digest: Digest;
  readonly size: number;
}

export type ManifestReading =
  | {
      readonly kind: 'ok';
      readonly mediaType: string;
      readonly references: readonly ManifestReference[];
      readonly subject?: Digest;
      readonly artifactType?: string;
      readonly annotations?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'invalid'; readonly message: string };

const digest = z.string().refine(isDigest, 'must be sha256:<64 lower-case hex digits>');
const descriptor = z.looseObject({
  mediaType: z.string().max(255),
  digest,
  size: z.number().int().min(0),
});
const common = {
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().max(255).optional(),
  subject: descriptor.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
};
const imageManifest = z.looseObject({ ...common, config: descriptor, layers: z.array(descriptor) });
const imageIndex = z.looseObject({ ...common, manifests: z.array(descriptor) });

/** Reads pushed bytes under their Content-Type (without it, under the mediaType they name). */
export function readManifest(bytes: Uint8Array, contentType: string | undefined): ManifestReading {
  const json = parseJson(bytes);
  if (json === undefined) return { kind: 'invalid', message: 'the manifest is not JSON in UTF-8' };
  const named = z.looseObject({ mediaType: z.string() }).safeParse(json).data?.mediaType;
  const header = contentType?.split(';')[0]?.trim().toLowerCase();
  if (header && named !== undefined && header !== named) {
    return { kind: 'invalid', message: `Content-Type is ${header}, the manifest's mediaType is ${named}` };
  }
  return readAs(json, header || named || '');
}

function readAs(json: unknown, mediaType: string): ManifestReading {
  if (imageMediaTypes.includes(mediaType)) {
    const read = imageManifest.safeParse(json);
    if (!read.success) return invalid(read.error);
    const { config, layers } = read.data;
    const held = layers.filter((layer) => !foreignLayer.test(layer.mediaType));
    const references = [config, ...held].map((one) => reference('blob', one));
    return reading(mediaType, references, { ...read.data, artifactType: read.data.artifactType ?? config.mediaType });
  }
  if (indexMediaTypes.includes(mediaType)) {
    const read = imageIndex.safeParse(json);
    if (!read.success) return invalid(read.error);
    return reading(mediaType, read.data.manifests.map(childReference), read.data);
  }
  const known = [...imageMediaTypes, ...indexMediaTypes].join(', ');
  return { kind: 'invalid', message: `the media type ${JSON.stringify(mediaType)} is not one of ${known}` };
}

function reading(
  mediaType: string,
  references: readonly ManifestReference[],
  from: { subject?: { digest: Digest }; artifactType?: string; annotations?: Record<string, string> },
): ManifestReading {
  const { artifactType, annotations } = from;
  return { kind: 'ok', mediaType, references, subject: from.subject?.digest, artifactType, annotations };
}

function childReference(child: z.infer<typeof descriptor>): ManifestReference {
  const isManifest = imageMediaTypes.includes(child.mediaType) || indexMediaTypes.includes(child.mediaType);
  return reference(isManifest ? 'manifest' : 'any', child);
}

function reference(kind: ManifestReference['kind'], from: z.infer<typeof descriptor>): ManifestReference {
  return { kind, digest: from.digest, size: from.size };
}

function invalid(error: z.ZodError): ManifestReading {
  const faults = error.issues.slice(0, 5).map((issue) => `${issue.path.join('.') || 'manifest'}: ${issue.message}`);
  return { kind: 'invalid', message: faults.join('; ') };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
