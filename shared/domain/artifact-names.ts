import type { ArtifactKind, NameRelation } from './artifact-kinds.ts';
import { isDigest } from './digest.ts';
import type { ArtifactFault } from './flow-artifact.ts';
import { isTag, namesHost, parseReference, type Reference } from './reference.ts';

/** What came: absent, empty or a text. */
export interface GivenNames {
  readonly name?: string;
  readonly version?: string;
  readonly reference?: string;
}

export interface ArtifactNames {
  readonly name: string;
  readonly version?: string;
  readonly reference: string;
  /** Tags that the texts of an image say, the one it goes by first. */
  readonly tags: readonly string[];
}

/** The three names of an artifact of that kind, from those that came. Faults are added to `errors`. */
export function completeNames(kind: ArtifactKind, given: GivenNames, errors: ArtifactFault[]): ArtifactNames {
  if (kind.relation === 'image') return imageNames(given, errors);
  if (kind.required === 'reference' && !given.reference) {
    errors.push({ path: 'reference', message: `must be there: it is what a ${kind.type} holds` });
  } else if (!given.name && !given.reference) {
    errors.push({ path: 'reference', message: 'must say where it is (or name must say what it is)' });
  }
  return { ...relations[kind.relation](given), tags: [] };
}

type Names = Omit<ArtifactNames, 'tags'>;

const relations: Readonly<Record<Exclude<NameRelation, 'image'>, (given: GivenNames) => Names>> = {
  plain: plainNames,
  object: objectNames,
  coordinates: coordinateNames,
  packageFile: packageNames,
  regional: regionalNames,
  numbered: numberedNames,
  content: contentNames,
};

function plainNames({ name, version, reference }: GivenNames): Names {
  return { name: name || reference || '', version, reference: reference || name || '' };
}

/** The id of an AMI says which bytes; its name is the same in every Region. */
function regionalNames(given: GivenNames): Names {
  const names = plainNames(given);
  return /^ami-[0-9a-f]+$/.test(names.reference) ? { ...names, version: names.version || names.reference } : names;
}

/** `gs://bucket/path#1360887697105000`: Google's notation of one generation of an object; `oci://…#` and a version id. */
function objectNames(given: GivenNames): Names {
  const text = given.reference || given.name || '';
  const [, name, version] = /^([^#]+)#(\d+)$/.exec(text) ?? /^(oci:\/\/[^#]+)#([\w-]+)$/.exec(text) ?? [];
  return derivedNames(given, { name, version });
}

/** `group:artifact[:extension[:classifier]]:version` (Maven), `organisation:module:revision` (Ivy). */
function coordinateNames(given: GivenNames): Names {
  const parts = (given.reference || given.name || '').split(':');
  const isWhole = parts.length >= 3 && parts.length <= 5 && parts.every((part) => part !== '' && !part.includes('/'));
  if (isWhole) return derivedNames(given, { name: parts.slice(0, 2).join(':'), version: parts.at(-1) });
  const { name, version, reference } = given;
  const isPair = name !== undefined && /^[^:/]+:[^:/]+$/.test(name);
  return plainNames({ name, version, reference: reference || (isPair && version ? `${name}:${version}` : undefined) });
}

/** `name_version_arch.deb` (Debian policy 5.6), `name-version-release.arch.rpm`. */
function packageNames(given: GivenNames): Names {
  const file = (given.reference || given.name || '').split('/').at(-1) ?? '';
  const [, name, version] =
    /^([^_]+)_([^_]+)_[^_]+\.deb$/.exec(file) ?? /^(.+)-([^-]+-[^-]+)\.[^.-]+\.rpm$/.exec(file) ?? [];
  return derivedNames(given, { name, version });
}

/** A text that stands alone says the name and the version too; beside a name it is the reference only. */
function derivedNames(given: GivenNames, found: { readonly name?: string; readonly version?: string }): Names {
  const stated = given.name && given.reference ? given.name : found.name || given.name;
  return {
    name: stated || given.reference || '',
    version: given.version || found.version || given.version,
    reference: given.reference || given.name || '',
  };
}

/** Spinnaker writes one version of an object `shop-v001`. */
function numberedNames(given: GivenNames): Names {
  const { name, version, reference } = given;
  return plainNames({ ...given, reference: reference || (name && version ? `${name}-${version}` : undefined) });
}

/** Two contents without a name are two artifacts; the content itself is too long for a name. */
function contentNames({ name, version, reference = '' }: GivenNames): Names {
  return { name: name || (reference === '' ? '' : `embedded-${fingerprint(reference)}`), version, reference };
}

/**
 * Tells contents apart, no more: FNV-1a, twice, and the length. What has to be the same bytes is compared by its sha256, the
 * version that stored content has.
 */
function fingerprint(text: string): string {
  let [one, other] = [0x811c9dc5, 0x050c5d1f];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 0x01000193);
    other = Math.imul(other ^ (code + at), 0x01000193);
  }
  const hex = [one, other].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  return `${hex}-${text.length}`;
}

function imageNames(given: GivenNames, errors: ArtifactFault[]): ArtifactNames {
  const byReference = parseReference(given.reference || '');
  const pinned = pinnedNames(given, byReference);
  if (pinned !== undefined) return pinned;
  const byName = parseReference(given.name || '');
  checkAgreement({ version: given.version, byReference, byName }, errors);
  const name = nameOf(given.name || '', byName, byReference) || byReference?.repository || '';
  if (name === '') {
    const message = 'must be an image reference, host/repository@sha256:… or host/repository:tag, or name must say it';
    errors.push({ path: 'reference', message });
  }
  const version = given.version || (byReference?.digest ?? byName?.digest);
  const tags = [byReference?.tag, version !== undefined && isTag(version) ? version : undefined, byName?.tag];
  const reference = given.reference || derivedReference(name, byName?.digest ?? version ?? byName?.tag);
  return { name, version, reference, tags: [...new Set(tags.filter((tag) => tag !== undefined))] };
}

/** The usual case, `name@digest` under its own name: nothing is left to derive and nothing can contradict. */
function pinnedNames(
  { name, version, reference }: GivenNames,
  parsed: Reference | undefined,
): ArtifactNames | undefined {
  if (parsed?.digest === undefined || parsed.tag !== undefined || name !== parsed.repository) return undefined;
  if (reference === undefined || (version && version !== parsed.digest)) return undefined;
  return { name, version: parsed.digest, reference, tags: [] };
}

/** As given; a tag or digest behind it is no part of the name. What is an alias beside a whole reference stays one. */
function nameOf(text: string, parsed: Reference | undefined, beside: Reference | undefined): string {
  if (parsed?.tag === undefined && parsed?.digest === undefined) return text;
  const isAlias = beside !== undefined && namesHost(beside.text) && !namesHost(text);
  return isAlias ? (text.split(/[:@]/)[0] ?? text) : parsed.repository;
}

interface ImageTexts {
  readonly version: string | undefined;
  readonly byReference: Reference | undefined;
  readonly byName: Reference | undefined;
}

/** What names two images could be checked as one and deployed as the other. A name without a host is an alias. */
function checkAgreement({ version = '', byReference, byName }: ImageTexts, errors: ArtifactFault[]): void {
  const hosts = [byName, byReference].filter((one) => one !== undefined && namesHost(one.text));
  if (hosts.length === 2 && byName?.repository !== byReference?.repository) {
    errors.push({ path: 'name', message: `is ${byName?.repository}, but reference says ${byReference?.repository}` });
  }
  const digests = [byReference?.digest, byName?.digest, isDigest(version) ? version : undefined];
  const [first, ...others] = digests.filter((digest) => digest !== undefined);
  const other = others.find((digest) => digest !== first);
  if (other !== undefined) errors.push({ path: 'version', message: `there are two digests, ${first} and ${other}` });
}

function derivedReference(name: string, version: string | undefined): string {
  if (version === undefined || parseReference(name) === undefined) return name;
  return version.startsWith('sha256:') ? `${name}@${version}` : `${name}:${version}`;
}
