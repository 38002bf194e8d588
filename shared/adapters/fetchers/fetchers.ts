import type { ArtifactFetcher } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import type { RegistryClient } from '../../ports/registry-client.ts';

export interface FetcherParts {
  readonly outbound: Outbound;
  readonly registry: RegistryClient;
}

interface Lazy extends Omit<ArtifactFetcher, 'fetch'> {
  load(parts: FetcherParts): Promise<ArtifactFetcher>;
}

/** Loaded when the first artifact of the kind is fetched: most processes never fetch one. */
const kinds: readonly Lazy[] = [
  {
    type: 'http/file',
    accountTypes: ['http'],
    load: async ({ outbound }) => (await import('./http-file.ts')).createHttpFile(outbound),
  },
];

/** Every fetcher by artifact type. */
export function createFetchers(parts: FetcherParts): Readonly<Record<string, ArtifactFetcher>> {
  return Object.fromEntries(kinds.map((kind) => [kind.type, lazy(kind, parts)]));
}

function lazy({ type, accountTypes, load }: Lazy, parts: FetcherParts): ArtifactFetcher {
  let loaded: Promise<ArtifactFetcher> | undefined;
  return {
    type,
    accountTypes,
    async fetch(request) {
      loaded ??= load(parts);
      return (await loaded).fetch(request);
    },
  };
}
