import { Failure } from '../../domain/failure.ts';
import type { ArtifactFetcher, Fetched, FetchRequest } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { download } from './download.ts';
import {
  apiHosts,
  askGit,
  bitbucketCommitOf,
  type GitCalls,
  type GitHostType,
  githubCommit,
  gitlabCommitOf,
  originOf,
  wellKnown,
} from './git-hosts.ts';
import { proofIfOwn } from './place.ts';

interface Repository {
  readonly host: string;
  /** `owner/name`, on GitLab with as many groups as there are. */
  readonly path: string;
}

type FetchArchive = (calls: GitCalls, repository: Repository, version: string) => Promise<Fetched>;

/**
 * A repository at a commit, as the tar.gz that its host makes of it. Reference: its web or ssh address; version: a branch, tag or
 * commit (default: the default branch). The host's API is asked, so a host that is no GitHub, GitLab or Bitbucket cannot be fetched
 * from: that would take git itself.
 */
export function createGitRepo(outbound: Outbound): ArtifactFetcher {
  return {
    type: 'git/repo',
    accountTypes: ['github', 'gitlab', 'bitbucket'],
    async fetch(request) {
      const repository = parseRepository(request.artifact.reference);
      const archive = archives[hostType(request, repository)];
      return archive({ outbound, request }, repository, request.artifact.version ?? 'HEAD');
    },
  };
}

const archives: Readonly<Record<GitHostType, FetchArchive>> = {
  async github(calls, { host, path }, version) {
    const { account } = calls.request.account ?? {};
    const isPublic = host === 'github.com';
    const api = isPublic ? originOf(account?.host ?? apiHosts.github, account) : `${originOf(host, account)}/api/v3`;
    const repository = new URL(`${api}/repos/${path}`);
    const commit = await githubCommit(calls, repository, version);
    const url = new URL(`${repository.href}/tarball/${commit}`);
    const { bytes } = await askGit(calls, 'github', { url, maxBytes: calls.request.maxBytes });
    return { bytes, version: commit };
  },
  async gitlab(calls, { host, path }, version) {
    const origin = originOf(host, calls.request.account?.account);
    const project = new URL(`${origin}/api/v4/projects/${encodeURIComponent(path)}`);
    const commit = await gitlabCommitOf(calls, project, version);
    const url = new URL(`${project.href}/repository/archive.tar.gz?sha=${commit}`);
    const { bytes } = await askGit(calls, 'gitlab', { url, maxBytes: calls.request.maxBytes });
    return { bytes, version: commit };
  },
  async bitbucket(calls, { host, path }, version) {
    const { request, outbound } = calls;
    const { maxBytes, timeoutMs } = request;
    const { account } = request.account ?? {};
    const api = originOf(account?.host ?? apiHosts.bitbucket, account);
    const commit = await bitbucketCommitOf(calls, new URL(`${api}/2.0/repositories/${path}`), version);
    const url = new URL(`${originOf(host, account)}/${path}/get/${commit}.tar.gz`);
    const headers = proofIfOwn(url, request.account);
    const { bytes } = await download(outbound, { url, headers, maxBytes, timeoutMs });
    return { bytes, version: commit };
  },
};

function hostType({ account }: FetchRequest, { host }: Repository): GitHostType {
  const type = account?.account.type;
  if (type === 'github' || type === 'gitlab' || type === 'bitbucket') return type;
  const known = wellKnown.get(host);
  if (known !== undefined) return known;
  const remedy =
    'name an account of type github, gitlab or bitbucket for it, or publish the files as an archive (http/file)';
  throw new Failure('fetchNotPossible', `${host} gives no files without git itself: ${remedy}`);
}

function parseRepository(reference: string): Repository {
  const ssh = /^(?:ssh:\/\/)?[A-Za-z0-9._-]+@([A-Za-z0-9.-]+)[:/](.+)$/.exec(reference);
  const web = ssh === null && URL.canParse(reference) ? new URL(reference) : undefined;
  const isWeb = web !== undefined && /^https?:$/.test(web.protocol) && web.username === '' && web.password === '';
  const host = ssh?.[1] ?? (isWeb ? web.host : undefined);
  const path = (ssh?.[2] ?? web?.pathname ?? '').replace(/^\/+|\/+$/g, '').replace(/\.git$/, '');
  if (host === undefined || !/^[\w.~-]+(?:\/[\w.~-]+)+$/.test(path) || /(?:^|\/)\.\.?(?:\/|$)/.test(path)) {
    throw new Failure('fetchNotPossible', 'The reference of git/repo must be like https://github.com/{owner}/{repo}');
  }
  return { host: host.toLowerCase(), path };
}
