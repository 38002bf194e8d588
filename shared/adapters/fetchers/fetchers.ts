import type { ArtifactFetcher } from '../../ports/artifact-fetcher.ts';
import type { RegistryClient } from '../../ports/registry-client.ts';
import { checkStated } from './checksum.ts';
import type { S3Parts } from './s3-object.ts';

export interface FetcherParts extends S3Parts {
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
  {
    type: 'github/file',
    accountTypes: ['github'],
    load: async ({ outbound }) => (await import('./github-file.ts')).createGithubFile(outbound),
  },
  {
    type: 'gitlab/file',
    accountTypes: ['gitlab'],
    load: async ({ outbound }) => (await import('./gitlab-file.ts')).createGitlabFile(outbound),
  },
  {
    type: 'bitbucket/file',
    accountTypes: ['bitbucket'],
    load: async ({ outbound }) => (await import('./bitbucket-file.ts')).createBitbucketFile(outbound),
  },
  {
    type: 'git/repo',
    accountTypes: ['github', 'gitlab', 'bitbucket'],
    load: async ({ outbound }) => (await import('./git-repo.ts')).createGitRepo(outbound),
  },
  {
    type: 's3/object',
    accountTypes: ['s3', 'aws'],
    load: async (parts) => (await import('./s3-object.ts')).createS3Object(parts),
  },
  {
    type: 'gcs/object',
    accountTypes: ['gcs'],
    load: async ({ outbound }) => (await import('./gcs-object.ts')).createGcsObject(outbound),
  },
  {
    type: 'helm/chart',
    accountTypes: ['helm', 'http'],
    load: async ({ outbound }) => (await import('./helm-chart.ts')).createHelmChart(outbound),
  },
  {
    type: 'helm/image',
    accountTypes: ['registry'],
    load: async ({ registry }) => (await import('./helm-image.ts')).createHelmImage(registry),
  },
  {
    type: 'maven/file',
    accountTypes: ['maven', 'http'],
    load: async ({ outbound }) => (await import('./maven-file.ts')).createMavenFile(outbound),
  },
  {
    type: 'ivy/file',
    accountTypes: ['ivy', 'http'],
    load: async ({ outbound }) => (await import('./ivy-file.ts')).createIvyFile(outbound),
  },
  {
    type: 'jenkins/file',
    accountTypes: ['jenkins', 'http'],
    load: async ({ outbound }) => (await import('./jenkins-file.ts')).createJenkinsFile(outbound),
  },
  {
    type: 'oracle/object',
    accountTypes: ['oracle'],
    load: async ({ outbound }) => (await import('./oracle-object.ts')).createOracleObject(outbound),
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
      const fetched = await (await loaded).fetch(request);
      checkStated(fetched.bytes, request.artifact);
      return fetched;
    },
  };
}
