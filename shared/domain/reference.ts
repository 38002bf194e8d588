import { type Digest, parseDigest } from './digest.ts';

/** An image reference, `host[:port]/path[:tag][@digest]`, with what docker leaves out put in. */
export interface Reference {
  readonly registry: string;
  readonly path: string;
  /** `registry/path`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
  /** As given. */
  readonly text: string;
}

/** Longest text that can be one: name, tag and digest with their signs. */
const maxLength = 255 + 1 + 128 + 1 + 71;

/**
 * Grammar of github.com/distribution/reference; only sha256 digests. A name without a host is docker.io's, and one without a
 * folder there is in `library/`. Hosts are compared without case, so they are written in lower case.
 */
export function parseReference(text: string): Reference | undefined {
  if (text.length > maxLength) return undefined;
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : parseDigest(text.slice(at + 1));
  if (at !== -1 && digest === undefined) return undefined;
  const tagged = at === -1 ? text : text.slice(0, at);
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1);
  const tag = colon === -1 ? undefined : tagged.slice(colon + 1);
  if (tag !== undefined && !isTag(tag)) return undefined;
  const named = parseName(colon === -1 ? tagged : tagged.slice(0, colon));
  return (
    named && { ...named, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }), text }
  );
}

/** Whether the text begins with a host: a first component with `.` or `:`, or `localhost`. */
export function namesHost(text: string): boolean {
  const slash = text.indexOf('/');
  const first = text.slice(0, Math.max(0, slash));
  return first === 'localhost' || first.includes('.') || first.includes(':');
}

/** `host/path` as records write it; the input is one (`isRepository`). */
export function splitRepository(repository: string): { readonly host: string; readonly path: string } {
  const slash = repository.indexOf('/');
  return { host: repository.slice(0, Math.max(0, slash)), path: repository.slice(slash + 1) };
}

/** `host/path`, complete, without tag or digest. */
export function isRepository(text: string): boolean {
  return parseReference(text)?.repository === text;
}

export function isTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(text);
}

export function imageReference(repository: string, digest: Digest): string {
  return `${repository}@${digest}`;
}

function parseName(name: string): Pick<Reference, 'registry' | 'path' | 'repository'> | undefined {
  const given = namesHost(name) ? splitRepository(name) : { host: 'docker.io', path: name };
  const registry = given.host.toLowerCase() === 'index.docker.io' ? 'docker.io' : given.host.toLowerCase();
  const path = registry === 'docker.io' && !given.path.includes('/') ? `library/${given.path}` : given.path;
  if (!isHost(registry) || !isPath(path)) return undefined;
  // Without host or folder, 64 hex digits would be an image id.
  if (name.length === 64 && /^[0-9a-f]{64}$/.test(name)) return undefined;
  const repository = `${registry}/${path}`;
  return repository.length > 255 ? undefined : { registry, path, repository };
}

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const hostWithPort = new RegExp(`^(?<host>${label}(?:\\.${label})*|\\[[0-9a-f:.]{2,45}\\])(?::[0-9]{1,5})?$`);
const component = '[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*';
const wholePath = new RegExp(`^${component}(?:/${component})*$`);

function isHost(text: string): boolean {
  return text.length <= 259 && (hostWithPort.exec(text)?.groups?.host?.length ?? 254) <= 253;
}

function isPath(text: string): boolean {
  return wholePath.test(text);
}
