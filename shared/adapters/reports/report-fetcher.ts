import { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import type { ReportPlace } from '../../domain/named-report.ts';
import type { Outbound } from '../../ports/outbound.ts';
import type { ReportFetcher } from '../../ports/report-fetcher.ts';
import { getBytes, getJson, type Host, hostOf } from './ask-host.ts';
import { readZipEntry } from './zip-entry.ts';

type Place<K extends ReportPlace['kind']> = Extract<ReportPlace, { readonly kind: K }>;

/** Archives hold more than the report that is wanted of them. */
const maxArchiveBytes = 32 * 1024 * 1024;
const mostJobPages = 20;

/** docs.github.com/en/rest/actions/artifacts#list-workflow-run-artifacts */
const RunArtifacts = z.object({
  artifacts: z.array(z.object({ id: z.int(), name: z.string(), expired: z.boolean().nullish() })),
});
/** docs.gitlab.com/api/jobs/#list-all-jobs-for-a-pipeline */
const PipelineJobs = z.array(z.object({ id: z.int(), name: z.string() }));

/** Reports from GitHub Actions and GitLab, over their APIs. */
export function createReportFetcher(outbound: Outbound): ReportFetcher {
  return {
    async fetch(place, { account, maxBytes }) {
      if (place.kind === 'github') {
        const header = (token: string) => ({ authorization: `Bearer ${token}` });
        return fetchGithub(
          hostOf(outbound, account, { type: 'github', host: 'api.github.com', header }),
          place,
          maxBytes,
        );
      }
      const header = (token: string) => ({ 'private-token': token });
      return fetchGitlab(hostOf(outbound, account, { type: 'gitlab', host: 'gitlab.com', header }), place, maxBytes);
    },
  };
}

async function fetchGithub(host: Host, place: Place<'github'>, maxBytes: number): Promise<Uint8Array> {
  const { repository, run, artifact, path } = place;
  // An Enterprise Server has its API beside its pages.
  const base = `${new URL(host.origin).host === 'api.github.com' ? '' : '/api/v3'}/repos/${segments(repository)}/actions`;
  const query = `name=${encodeURIComponent(artifact)}&per_page=100`;
  const { artifacts } = await getJson(host, `${base}/runs/${encodeURIComponent(run)}/artifacts?${query}`, RunArtifacts);
  // A run that was run again has one of each attempt: the last made has the greatest id.
  const [newest] = artifacts.filter(({ name }) => name === artifact).toSorted((a, b) => b.id - a.id);
  if (newest === undefined)
    throw new Failure('contentNotFound', `Run ${run} of ${repository} has no artifact ${artifact}`);
  if (newest.expired === true) {
    throw new Failure('contentNotFound', `Artifact ${artifact} of run ${run} of ${repository} has expired`);
  }
  return readZipEntry(await getBytes(host, `${base}/artifacts/${newest.id}/zip`, maxArchiveBytes), { path, maxBytes });
}

async function fetchGitlab(host: Host, place: Place<'gitlab'>, maxBytes: number): Promise<Uint8Array> {
  const { project, pipeline, job, path } = place;
  const base = `/api/v4/projects/${encodeURIComponent(project)}`;
  for (let page = 1; page <= mostJobPages; page++) {
    const query = `include_retried=false&per_page=100&page=${page}`;
    const jobs = await getJson(host, `${base}/pipelines/${encodeURIComponent(pipeline)}/jobs?${query}`, PipelineJobs);
    const [found] = jobs.filter(({ name }) => name === job).toSorted((a, b) => b.id - a.id);
    if (found !== undefined) return getBytes(host, `${base}/jobs/${found.id}/artifacts/${segments(path)}`, maxBytes);
    if (jobs.length < 100) break;
  }
  throw new Failure('contentNotFound', `Pipeline ${pipeline} of ${project} has no job ${job}`);
}

/** A path in a URL. Failure fetchNotPossible for one that leads elsewhere. */
function segments(path: string): string {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new Failure('fetchNotPossible', `${path.slice(0, 200)} is no plain path`);
  }
  return parts.map(encodeURIComponent).join('/');
}
