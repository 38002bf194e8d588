import { Failure } from '../../domain/failure.ts';
import type { ArtifactFetcher, Fetched } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { askGit, bitbucketCommitOf, type GitCalls, serverCommitOf } from './git-hosts.ts';
import { webUrl } from './place.ts';

/** Cloud: `/2.0/repositories/{workspace}/{repo}/src/{version}/{path}`; Spinnaker's `/1.0/…/raw/…` is the same in the old API. */
const cloud = /^\/(?:1\.0|2\.0)(\/repositories\/[^/]+\/[^/]+)\/(?:src|raw)\/([^/]+)\/(.+)$/;
/** Server and Data Center: `/rest/api/1.0/projects/{key}/repos/{slug}/raw/{path}?at={version}`. */
const server = /^(.*\/rest\/api\/[^/]+\/projects\/[^/]+\/repos\/[^/]+)\/raw\/.+$/;

/** Reference: a URL of either API. The artifact's version wins over the one in the URL. Read at the commit that it is now. */
export function createBitbucketFile(outbound: Outbound): ArtifactFetcher {
  return {
    type: 'bitbucket/file',
    accountTypes: ['bitbucket'],
    async fetch(request) {
      const url = webUrl(request.artifact.reference, 'bitbucket/file');
      const calls = { outbound, request };
      const inCloud = cloud.exec(url.pathname);
      if (inCloud !== null) return fetchFromCloud(calls, url, inCloud);
      const repository = server.exec(url.pathname)?.[1];
      if (repository !== undefined) return fetchFromServer(calls, url, repository);
      const form = 'https://api.bitbucket.org/2.0/repositories/{workspace}/{repo}/src/{version}/{path}';
      throw new Failure('fetchNotPossible', `The reference of bitbucket/file must be like ${form}`);
    },
  };
}

async function fetchFromCloud(calls: GitCalls, url: URL, found: RegExpExecArray): Promise<Fetched> {
  const [, path = '', inUrl = '', file = ''] = found;
  const { artifact, maxBytes } = calls.request;
  const repository = new URL(`/2.0${path}`, url.origin);
  const commit = await bitbucketCommitOf(calls, repository, artifact.version ?? decodeURIComponent(inUrl));
  const at = new URL(`${repository.href}/src/${commit}/${file}`);
  const { bytes } = await askGit(calls, 'bitbucket', { url: at, maxBytes });
  return { bytes, version: commit };
}

async function fetchFromServer(calls: GitCalls, url: URL, repository: string): Promise<Fetched> {
  const { artifact, maxBytes } = calls.request;
  const version = artifact.version ?? url.searchParams.get('at') ?? 'HEAD';
  const commit = await serverCommitOf(calls, new URL(repository, url.origin), version);
  url.search = '';
  url.searchParams.set('at', commit);
  const { bytes } = await askGit(calls, 'bitbucket', { url, maxBytes });
  return { bytes, version: commit };
}
