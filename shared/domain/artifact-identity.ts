import { type Artifact, imageType } from './artifact.ts';
import { type ArtifactFamily, artifactKind } from './artifact-kinds.ts';
import { completeNames } from './artifact-names.ts';
import { encodeUtf8 } from './bytes.ts';
import { type Digest, isDigest } from './digest.ts';
import { type ArtifactFault, fromFlow, withTags } from './flow-artifact.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { imageReference, namesHost, parseReference } from './reference.ts';

type Sha1 = (bytes: Uint8Array) => Uint8Array;

/** 25b8e8cf-f5d6-45c7-8c63-485300edfdb4: the name space of Waybill's artifacts. Another one would rename every artifact. */
const namespace = [0x25, 0xb8, 0xe8, 0xcf, 0xf5, 0xd6, 0x45, 0xc7, 0x8c, 0x63, 0x48, 0x53, 0x00, 0xed, 0xfd, 0xb4];

/** Names and versions are parts of keys: in bytes of UTF-8. */
const maxBytes = { type: 128, name: 1024, version: 512 } as const;

/** URLs and links: as long as a browser takes them. */
const maxText = 8192;

const textFields = [
  'type',
  'name',
  'version',
  'location',
  'reference',
  'artifactAccount',
  'provenance',
  'uuid',
] as const;
type TextField = (typeof textFields)[number];
const knownFields: ReadonlySet<string> = new Set([...textFields, 'metadata', 'kind']);

export type NormalisedArtifact =
  | { readonly kind: 'ok'; readonly artifact: Artifact }
  | { readonly kind: 'invalid'; readonly errors: readonly ArtifactFault[] };

/** RFC 9562 version 5 over type, name and version. `sha1` answers the 20 bytes, at once: the bytes it is given are not its own. */
export function artifactUuid(type: string, name: string, version: string | undefined, sha1: Sha1): string {
  const parts = [type, name, version ?? ''];
  const hash = sha1(asciiIdentity(parts) ?? Uint8Array.from([...namespace, ...encodeUtf8(parts.join('\0'))]));
  let uuid = '';
  for (let index = 0; index < 16; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) uuid += '-';
    uuid += hexPairs[uuidByte(hash[index] ?? 0, index)];
  }
  return uuid;
}

/** Written over by each identity: room of its own for every one would take longer than hashing it. */
const identityBytes = new Uint8Array(2048);
identityBytes.set(namespace);

/** The parts with NUL between them; undefined where they are not ASCII or too long, which is rare. */
function asciiIdentity(parts: readonly string[]): Uint8Array | undefined {
  let end = namespace.length;
  for (const part of parts) {
    if (end + part.length >= identityBytes.length) return undefined;
    for (let at = 0; at < part.length; at += 1) {
      const code = part.charCodeAt(at);
      if (code > 0x7f) return undefined;
      identityBytes[end + at] = code;
    }
    end += part.length;
    identityBytes[end] = 0;
    end += 1;
  }
  return identityBytes.subarray(0, end - 1);
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function uuidByte(byte: number, index: number): number {
  if (index === 6) return (byte & 0x0f) | 0x50;
  return index === 8 ? (byte & 0x3f) | 0x80 : byte;
}

/**
 * Any decorated artifact, or one of Flow's two shapes, as Waybill writes it. Version and reference stay the text that came:
 * only `artifactDigest` says whether there is a digest. Every fault is reported.
 */
export function normaliseArtifact(input: JsonObject, sha1: Sha1): NormalisedArtifact {
  const errors: ArtifactFault[] = [];
  const plain = fromFlow(input, errors);
  const texts = readTexts(plain, errors);
  const metadata = readMetadata(plain, errors);
  const artifact = errors.length > 0 ? undefined : completed(texts, metadata, { errors, sha1 });
  return artifact === undefined || errors.length > 0 ? { kind: 'invalid', errors } : { kind: 'ok', artifact };
}

/** An image whose digest is known. */
export function imageArtifact(
  image: {
    readonly repository: string;
    readonly digest: Digest;
    readonly tag?: string;
    readonly provenance?: string;
    readonly metadata?: JsonObject;
  },
  sha1: Sha1,
): Artifact {
  const { repository, digest, tag, provenance } = image;
  return {
    type: imageType,
    name: repository,
    version: digest,
    reference: imageReference(repository, digest),
    ...(provenance === undefined ? {} : { provenance }),
    metadata: withTags(image.metadata ?? {}, tag === undefined ? [] : [tag]),
    uuid: artifactUuid(imageType, repository, digest, sha1),
  };
}

/** `host/path` of an image, from its reference or its name, whichever says a host; undefined for other types. */
export function artifactRepository(artifact: Pick<Artifact, 'type' | 'name' | 'reference'>): string | undefined {
  if (artifact.type !== imageType) return undefined;
  const texts = [artifact.reference, artifact.name];
  const references = [...texts.filter(namesHost), ...texts].map(parseReference);
  return references.find((reference) => reference !== undefined)?.repository;
}

/** The version if it is a full digest, else the digest in an image's reference. Abbreviated ones are none. */
export function artifactDigest(artifact: Pick<Artifact, 'type' | 'version' | 'reference'>): Digest | undefined {
  if (artifact.version !== undefined && isDigest(artifact.version)) return artifact.version;
  return artifact.type === imageType ? parseReference(artifact.reference)?.digest : undefined;
}

function readTexts(input: JsonObject, errors: ArtifactFault[]): Partial<Record<TextField, string>> {
  const texts: Partial<Record<TextField, string>> = {};
  for (const field of textFields) {
    // None of these fields is one that every object has.
    const value = input[field] ?? null;
    if (value === null) continue;
    if (typeof value === 'object') errors.push({ path: field, message: 'must be a text' });
    else texts[field] = String(value);
  }
  return texts;
}

const noMetadata: JsonObject = {};

/**
 * Unknown keys go in too, `kind` does not, and what is null vanishes: as in Spinnaker's model. There the order of keys decides
 * which of them survive; here all do, and what stands in `metadata` wins.
 */
function readMetadata(input: JsonObject, errors: ArtifactFault[]): JsonObject {
  const given = input.metadata ?? {};
  if (!isJsonObject(given)) {
    errors.push({ path: 'metadata', message: 'must be an object' });
    return {};
  }
  const unknown = Object.keys(input).filter((key) => !knownFields.has(key));
  if (unknown.length === 0 && input.metadata === undefined) return noMetadata;
  const entries = [...unknown.map((key) => [key, input[key] ?? null] as const), ...Object.entries(given)];
  return Object.fromEntries(entries.filter(([, value]) => value !== null));
}

function completed(
  texts: Partial<Record<TextField, string>>,
  metadata: JsonObject,
  { errors, sha1 }: { readonly errors: ArtifactFault[]; readonly sha1: Sha1 },
): Artifact {
  const { type = '', location, artifactAccount, provenance } = texts;
  if (type === '') errors.push({ path: 'type', message: 'must say what it is, e.g. docker/image' });
  const kind = artifactKind(type);
  const { name, version, reference, tags } = completeNames(kind, texts, errors);
  checkKeys({ type, name, version }, errors);
  checkLengths(texts, kind.family, errors);
  const uuid = artifactUuid(type, name, version, sha1);
  return {
    type,
    name,
    ...(version === undefined ? {} : { version }),
    reference,
    ...(artifactAccount === undefined ? {} : { artifactAccount }),
    ...(provenance === undefined ? {} : { provenance }),
    ...(location === undefined ? {} : { location }),
    metadata: withTags(withUuid(metadata, texts.uuid, uuid), tags),
    uuid,
  };
}

/** Another's uuid is kept; ours, coming back, says nothing new. */
function withUuid(metadata: JsonObject, sent: string | undefined, own: string): JsonObject {
  return sent === undefined || sent === '' || sent === own ? metadata : { ...metadata, uuid: sent };
}

function checkKeys(
  named: { readonly type: string; readonly name: string; readonly version?: string },
  errors: ArtifactFault[],
): void {
  for (const field of ['type', 'name', 'version'] as const) {
    const text = named[field] ?? '';
    // A character has three bytes at most: only long texts need to be measured.
    if (text.length * 3 > maxBytes[field] && encodeUtf8(text).length > maxBytes[field]) {
      errors.push({ path: field, message: `must be at most ${maxBytes[field]} bytes` });
    }
    // NUL parts the identity, and none of these belongs in a key.
    if (/\p{Cc}/u.test(text)) errors.push({ path: field, message: 'must not hold control characters' });
  }
}

/** Only content has a long reference: the bytes themselves. */
function checkLengths(
  texts: Partial<Record<TextField, string>>,
  family: ArtifactFamily,
  errors: ArtifactFault[],
): void {
  for (const field of ['reference', 'location', 'artifactAccount', 'provenance', 'uuid'] as const) {
    if (field === 'reference' && family === 'content') continue;
    if ((texts[field] ?? '').length > maxText)
      errors.push({ path: field, message: `must be at most ${maxText} characters` });
  }
}
