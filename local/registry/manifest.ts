import type { Digest } from '../../shared/domain/digest.ts';
import { parseDigest } from '../../shared/domain/digest.ts';
import { isJsonObject, type Json } from '../../shared/domain/json.ts';
import { type Descriptor, isForeignLayer, manifestMediaTypes, parseManifest } from '../../shared/domain/manifest.ts';

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
      readonly annotations: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'invalid'; readonly message: string };

/** Reads pushed bytes under their Content-Type (without it, under the mediaType they name). */
export function readManifest(bytes: Uint8Array, contentType: string | undefined): ManifestReading {
  const text = decode(bytes);
  if (text === undefined) return { kind: 'invalid', message: 'the manifest is not UTF-8' };
  const fields = looseFields(text);
  const header = contentType?.split(';')[0]?.trim().toLowerCase();
  const mediaType = header || textOf(fields.mediaType) || '';
  const parsed = parseManifest(text, mediaType);
  if (parsed.kind === 'invalid')
    return { kind: 'invalid', message: `${parsed.message} (as ${JSON.stringify(mediaType)})` };
  const { annotations } = parsed;
  const subject = isJsonObject(fields.subject) ? parseDigest(textOf(fields.subject.digest) ?? '') : undefined;
  if (fields.subject !== undefined && subject === undefined) {
    return { kind: 'invalid', message: 'subject.digest must be sha256: and 64 lower-case hex digits' };
  }
  const named = textOf(fields.artifactType);
  if (parsed.kind === 'index') {
    return {
      kind: 'ok',
      mediaType,
      references: parsed.children.map(childReference),
      subject,
      artifactType: named,
      annotations,
    };
  }
  const held = parsed.layers.filter((layer) => !isForeignLayer(layer));
  const references = [parsed.config, ...held].map((one) => reference('blob', one));
  const artifactType = named ?? parsed.config.mediaType;
  return { kind: 'ok', mediaType, references, subject, artifactType, annotations };
}

function childReference(child: Descriptor): ManifestReference {
  return reference(manifestMediaTypes.includes(child.mediaType) ? 'manifest' : 'any', child);
}

function reference(kind: ManifestReference['kind'], { digest, size }: Descriptor): ManifestReference {
  return { kind, digest, size };
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What `parseManifest` does not read; whether the text is JSON at all is its question. */
function looseFields(text: string): { readonly [key: string]: Json | undefined } {
  try {
    const value: Json = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value.length <= 255 ? value : undefined;
}
