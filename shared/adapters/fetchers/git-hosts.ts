import { z } from 'zod';
import type { Account, AccountType } from '../../domain/account.ts';
import { Failure } from '../../domain/failure.ts';
import type { FetchRequest } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { type Downloaded, download } from './download.ts';
import { below, proofFor } from './place.ts';
import { readJson } from './read-json.ts';

/** One call of a git host's API, with the account's proof. */
export interface GitCalls {
  readonly outbound: Outbound;
  readonly request: FetchRequest;
}

export type GitHostType = Extract<AccountType, 'github' | 'gitlab' | 'bitbucket'>;

/** Where the API of each answers where an account names no host. */
export const apiHosts: Readonly<Record<GitHostType, string>> = {
  github: 'api.github.com',
  gitlab: 'gitlab.com',
  bitbucket: 'api.bitbucket.org',
};

/** Without an account, what a well-known host is; undefined for any other. */
export const wellKnown: ReadonlyMap<string, GitHostType> = new Map([
  ['github.com', 'github'],
  ['gitlab.com', 'gitlab'],
  ['bitbucket.org', 'bitbucket'],
]);

const maxAnswerBytes = 1024 * 1024;

export async function askGit(
  { outbound, request }: GitCalls,
  type: GitHostType,
  call: { readonly url: URL; readonly accept?: string; readonly maxBytes?: number },
): Promise<Downloaded> {
  const { url, accept, maxBytes = maxAnswerBytes } = call;
  const proof = proofFor(url, request.account, apiHosts[type]);
  const headers = { ...proof, ...(accept === undefined ? {} : { accept }) };
  return download(outbound, { url, headers, maxBytes, timeoutMs: request.timeoutMs });
}

/** A full SHA-1 or SHA-256 object name: the only version of a git host that cannot move. */
export function isCommit(version: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(version);
}

const gitlabCommit = z.looseObject({ id: z.string() });
const bitbucketCommit = z.looseObject({ hash: z.string() });
const serverCommit = z.looseObject({ id: z.string() });

/** docs.github.com/en/rest/commits/commits: the media type `sha` answers the name alone. `repository` is `…/repos/{owner}/{repo}`. */
export async function githubCommit(calls: GitCalls, repository: URL, version: string): Promise<string> {
  if (isCommit(version)) return version;
  const url = below(repository, 'commits', version);
  const { bytes } = await askGit(calls, 'github', { url, accept: 'application/vnd.github.sha' });
  return checked(Buffer.from(bytes).toString('latin1').trim(), url);
}

/** docs.gitlab.com/api/commits: `project` is `…/api/v4/projects/{id or encoded path}`. */
export async function gitlabCommitOf(calls: GitCalls, project: URL, version: string): Promise<string> {
  if (isCommit(version)) return version;
  const url = new URL(`${project.href}/repository/commits/${encodeURIComponent(version)}`);
  const { bytes } = await askGit(calls, 'gitlab', { url });
  return checked(readJson(gitlabCommit, bytes, url).id, url);
}

/** developer.atlassian.com/cloud/bitbucket/rest: `repository` is `…/2.0/repositories/{workspace}/{repo}`. */
export async function bitbucketCommitOf(calls: GitCalls, repository: URL, version: string): Promise<string> {
  if (isCommit(version)) return version;
  const url = new URL(`${repository.href}/commit/${encodeURIComponent(version)}`);
  const { bytes } = await askGit(calls, 'bitbucket', { url });
  return checked(readJson(bitbucketCommit, bytes, url).hash, url);
}

/** developer.atlassian.com/server/bitbucket/rest: `repository` is `…/rest/api/1.0/projects/{key}/repos/{slug}`. */
export async function serverCommitOf(calls: GitCalls, repository: URL, version: string): Promise<string> {
  if (isCommit(version)) return version;
  const url = new URL(`${repository.href}/commits/${encodeURIComponent(version)}`);
  const { bytes } = await askGit(calls, 'bitbucket', { url });
  return checked(readJson(serverCommit, bytes, url).id, url);
}

function checked(commit: string, url: URL): string {
  if (isCommit(commit)) return commit;
  throw new Failure('fetchNotPossible', `${url.host} named no commit for the version`);
}

/** `https://host`, plain where the account says so. */
export function originOf(host: string, account: Account | undefined): string {
  return `${account?.insecure === true ? 'http' : 'https'}://${host}`;
}
