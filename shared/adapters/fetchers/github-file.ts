import { Failure } from '../../domain/failure.ts';
import type { ArtifactFetcher } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { askGit, githubCommit } from './git-hosts.ts';
import { webUrl } from './place.ts';

/**
 * As Spinnaker writes it: reference `https://api.github.com/repos/{owner}/{repo}/contents/{path}`, version a branch, tag or
 * commit (default: the default branch). Read at the commit that the version is now.
 */
export function createGithubFile(outbound: Outbound): ArtifactFetcher {
  return {
    type: 'github/file',
    accountTypes: ['github'],
    async fetch(request) {
      const { artifact, maxBytes } = request;
      const url = webUrl(artifact.reference, 'github/file');
      const repository = /^((?:\/api\/v3)?\/repos\/[^/]+\/[^/]+)\/contents\/./.exec(url.pathname)?.[1];
      if (repository === undefined) {
        const form = 'https://api.github.com/repos/{owner}/{repo}/contents/{path}';
        throw new Failure('fetchNotPossible', `The reference of github/file must be like ${form}`);
      }
      const version = artifact.version ?? url.searchParams.get('ref') ?? 'HEAD';
      const calls = { outbound, request };
      const commit = await githubCommit(calls, new URL(repository, url.origin), version);
      url.search = '';
      url.searchParams.set('ref', commit);
      const { bytes } = await askGit(calls, 'github', { url, accept: 'application/vnd.github.raw+json', maxBytes });
      return { bytes, version: commit };
    },
  };
}
