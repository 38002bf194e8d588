import { Failure } from '../../domain/failure.ts';
import type { ArtifactFetcher } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { askGit, gitlabCommitOf } from './git-hosts.ts';
import { webUrl } from './place.ts';

/**
 * As Spinnaker writes it: reference `https://gitlab.com/api/v4/projects/{project}/repository/files/{path, encoded}/raw`, version a
 * branch, tag or commit (default: the default branch). Read at the commit that the version is now.
 */
export function createGitlabFile(outbound: Outbound): ArtifactFetcher {
  return {
    type: 'gitlab/file',
    accountTypes: ['gitlab'],
    async fetch(request) {
      const { artifact, maxBytes } = request;
      const url = webUrl(artifact.reference, 'gitlab/file');
      const project = /^(.*\/api\/v4\/projects\/[^/]+)\/repository\/files\/[^/]+\/raw$/.exec(url.pathname)?.[1];
      if (project === undefined) {
        const form = 'https://gitlab.com/api/v4/projects/{project}/repository/files/{path with %2F}/raw';
        throw new Failure('fetchNotPossible', `The reference of gitlab/file must be like ${form}`);
      }
      const version = artifact.version ?? url.searchParams.get('ref') ?? 'HEAD';
      const calls = { outbound, request };
      const commit = await gitlabCommitOf(calls, new URL(project, url.origin), version);
      url.search = '';
      url.searchParams.set('ref', commit);
      const { bytes } = await askGit(calls, 'gitlab', { url, maxBytes });
      return { bytes, version: commit };
    },
  };
}
