import { isRepositoryPath } from './names.ts';

/** Where a request of the distribution API goes. `repository` has no host and fits the grammar. */
export type Route =
  | { readonly kind: 'base' }
  | { readonly kind: 'blob'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'uploads'; readonly repository: string }
  | { readonly kind: 'upload'; readonly repository: string; readonly id: string }
  | { readonly kind: 'manifest'; readonly repository: string; readonly reference: string }
  | { readonly kind: 'tags'; readonly repository: string }
  | { readonly kind: 'referrers'; readonly repository: string; readonly digest: string }
  | { readonly kind: 'nameInvalid'; readonly name: string }
  | { readonly kind: 'unknown' };

/** Reads from the end, because a repository may itself be called `a/blobs`. `path` is still percent-encoded. */
export function parseRoute(path: string): Route {
  const segments = decodeSegments(path);
  if (segments === undefined || segments[0] !== 'v2') return { kind: 'unknown' };
  const rest = segments.slice(1);
  if (rest.length === 0 || (rest.length === 1 && rest[0] === '')) return { kind: 'base' };
  return tail(rest);
}

function decodeSegments(path: string): readonly string[] | undefined {
  if (!path.startsWith('/')) return undefined;
  try {
    return path.slice(1).split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function tail(segments: readonly string[]): Route {
  const [third, second, last] = [segments.at(-3), segments.at(-2), segments.at(-1)];
  if (third === 'blobs' && second === 'uploads' && last !== undefined) {
    return last === '' ? named(segments, 3, { kind: 'uploads' }) : named(segments, 3, { kind: 'upload', id: last });
  }
  if (last === undefined) return { kind: 'unknown' };
  if (second === 'blobs' && last === 'uploads') return named(segments, 2, { kind: 'uploads' });
  if (second === 'blobs') return named(segments, 2, { kind: 'blob', digest: last });
  if (second === 'manifests') return named(segments, 2, { kind: 'manifest', reference: last });
  if (second === 'tags' && last === 'list') return named(segments, 2, { kind: 'tags' });
  if (second === 'referrers') return named(segments, 2, { kind: 'referrers', digest: last });
  return { kind: 'unknown' };
}

type Unnamed<R> = R extends { readonly repository: string } ? Omit<R, 'repository'> : never;

function named(segments: readonly string[], taken: number, route: Unnamed<Route>): Route {
  const repository = segments.slice(0, -taken).join('/');
  return isRepositoryPath(repository) ? { ...route, repository } : { kind: 'nameInvalid', name: repository };
}
