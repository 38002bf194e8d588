import { type Digest, parseDigest } from '../domain/digest.ts';
import { isRepository, isTag } from '../domain/reference.ts';

export interface PurlImage {
  readonly repository: string;
  readonly digest?: Digest;
  readonly tag?: string;
}

/**
 * An image as a package URL (github.com/package-url/purl-spec, types `oci` and `docker`), e.g.
 * `pkg:oci/shop@sha256%3A…?repository_url=registry.example.com/team/shop&tag=1.0`. `registry` is the host where it says none.
 * Undefined for every other package, and where no host is known.
 */
export function parseImagePurl(text: string, registry: string | undefined): PurlImage | undefined {
  const [, type, path = '', version = '', query = ''] =
    /^pkg:(oci|docker)\/([^@?#]+)(?:@([^?#]*))?(?:\?([^#]*))?/i.exec(text) ?? [];
  if (type === undefined) return undefined;
  const [name, plainVersion] = [decoded(path), decoded(version)];
  const qualifiers = new URLSearchParams(query);
  const url = (qualifiers.get('repository_url') ?? '').replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const repository =
    type.toLowerCase() === 'oci' ? ociRepository(name, url || registry) : dockerRepository(name, url || registry);
  if (repository === undefined || !isRepository(repository)) return undefined;
  const digest = parseDigest(plainVersion);
  const tag = [qualifiers.get('tag') ?? '', plainVersion].find(isTag);
  return { repository, ...(digest === undefined ? {} : { digest }), ...(tag === undefined ? {} : { tag }) };
}

/** The type `oci` has the whole path in `repository_url`, its last segment being the name; some leave the name out. */
function ociRepository(name: string, place: string | undefined): string | undefined {
  if (place === undefined) return undefined;
  const path = place.toLowerCase();
  return path.endsWith(`/${name}`) ? path : `${path}/${name}`;
}

/** The type `docker` has the host there, and the path in the name. */
function dockerRepository(name: string, host = 'docker.io'): string {
  const path = host === 'docker.io' && !name.includes('/') ? `library/${name}` : name;
  return `${host.toLowerCase()}/${path}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
