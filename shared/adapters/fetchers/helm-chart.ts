import { parse } from 'yaml';
import { z } from 'zod';
import { Failure } from '../../domain/failure.ts';
import type { ArtifactFetcher, FetchRequest } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { checkChecksum } from './checksum.ts';
import { download } from './download.ts';
import { accountBase, below, proofFor, proofIfOwn, webUrl } from './place.ts';

/** Indexes grow with every release; reading one takes many times its size. */
const maxIndexBytes = 8 * 1024 * 1024;

/** helm.sh/docs/topics/chart_repository */
const entry = z.looseObject({
  version: z.coerce.string(),
  urls: z.array(z.string()).min(1),
  digest: z.string().optional(),
});
const index = z.looseObject({ entries: z.record(z.string(), z.array(z.unknown())) });

/**
 * A chart of a repository: its name and version looked up in the index. The repository is the account, or the reference where
 * it is a URL. The digest in the index is checked.
 */
export function createHelmChart(outbound: Outbound): ArtifactFetcher {
  return {
    type: 'helm/chart',
    accountTypes: ['helm', 'http'],
    async fetch(request) {
      const { artifact, account, ...limits } = request;
      const repository = repositoryOf(request);
      const indexUrl = below(repository, 'index.yaml');
      const headers = proofFor(indexUrl, account);
      const found = await download(outbound, { ...limits, url: indexUrl, headers, maxBytes: maxIndexBytes });
      const chart = findChart(found.bytes, request, indexUrl);
      const url = chartUrl(chart.urls[0] ?? '', repository);
      const { bytes } = await download(outbound, { ...limits, url, headers: proofIfOwn(url, account) });
      const hex = chart.digest?.replace(/^sha256:/, '');
      if (hex !== undefined && hex !== '') checkChecksum(bytes, { algorithm: 'sha256', hex });
      return { bytes, version: artifact.version };
    },
  };
}

function repositoryOf({ artifact, account }: FetchRequest): URL {
  const isUrl = /^https?:/i.test(artifact.reference);
  return isUrl ? webUrl(artifact.reference, 'helm/chart') : accountBase(account, 'helm/chart');
}

function findChart(bytes: Uint8Array, { artifact }: FetchRequest, url: URL): z.infer<typeof entry> {
  const { name, version } = artifact;
  if (version === undefined) throw new Failure('fetchNotPossible', `Chart ${name} needs a version`);
  const read = index.safeParse(parsedYaml(bytes));
  if (!read.success)
    throw new Failure('fetchNotPossible', `${url.host}${url.pathname} is no index of a Helm repository`);
  const { entries } = read.data;
  const versions = Object.hasOwn(entries, name) ? (entries[name] ?? []) : [];
  const charts = versions.map((one) => entry.safeParse(one)).flatMap((one) => (one.success ? [one.data] : []));
  const found = charts.find((one) => one.version === version);
  if (found !== undefined) return found;
  const known = charts.slice(0, 5).map((one) => one.version);
  const there = known.length === 0 ? 'it has no such chart' : `its newest are ${known.join(', ')}`;
  throw new Failure('contentNotFound', `Chart ${name} ${version} is not in the repository at ${url.host}: ${there}`);
}

function parsedYaml(bytes: Uint8Array): unknown {
  try {
    return parse(new TextDecoder().decode(bytes), { schema: 'core', uniqueKeys: false, maxAliasCount: 0 });
  } catch {
    return undefined;
  }
}

/** Relative to the repository, or anywhere. */
function chartUrl(text: string, repository: URL): URL {
  const base = `${repository.href.replace(/\/+$/, '')}/`;
  return webUrl(URL.canParse(text, base) ? new URL(text, base).href : text, 'a chart');
}
