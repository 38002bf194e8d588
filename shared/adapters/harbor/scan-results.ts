import { z } from 'zod';
import type { Severities } from '../../domain/fact.ts';
import { Failure } from '../../domain/failure.ts';
import { worstSeverities } from '../../domain/gates/severity-limit.ts';
import { isRepository, splitRepository } from '../../domain/reference.ts';
import type { Outbound, OutboundAnswer } from '../../ports/outbound.ts';
import type { RegistryAccount, RegistryAccounts } from '../../ports/registry-client.ts';
import type { ScanResult, ScanResults } from '../../ports/scan-results.ts';

/** goharbor/harbor, api/v2.0/swagger.yaml, NativeReportSummary: `summary` is null while there is no report. */
const Overview = z.record(
  z.string(),
  z.object({
    scan_status: z.string(),
    scanner: z.object({ name: z.string().max(256).nullish() }).nullish(),
    summary: z
      .object({
        fixable: z.int().min(0).nullish(),
        summary: z.record(z.string().max(64).toLowerCase(), z.int().min(0)).nullish(),
      })
      .nullish(),
  }),
);
const HarborArtifact = z.object({ scan_overview: Overview.nullish() });

/** Both report formats that Harbor's scanners write. */
const reportTypes = [
  'application/vnd.security.vulnerability.report; version=1.1',
  'application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0',
];
const maxBytes = 1024 * 1024;

/** Harbor's API on the host of a registry account, with that account. Hosts without one are not asked. */
export function harborScanResults(ports: {
  readonly outbound: Outbound;
  readonly accounts: RegistryAccounts;
}): ScanResults {
  return {
    async read(repository, digest, asker) {
      if (!isRepository(repository)) return { kind: 'unknown' };
      const { host, path } = splitRepository(repository);
      const found = await ports.accounts(host, asker);
      const url = found?.account === undefined ? undefined : artifactUrl(host, path, { found, digest });
      if (url === undefined || found?.account === undefined) return { kind: 'unknown' };
      const what = `the scan of ${repository}@${digest}`;
      return readAnswer(await ask(ports.outbound, found, { url, what }), what);
    },
  };
}

/** A project, then the rest, which Harbor wants encoded twice where it holds a slash. */
function artifactUrl(
  host: string,
  path: string,
  { found, digest }: { readonly found: RegistryAccount; readonly digest: string },
): string | undefined {
  const [project = '', ...rest] = path.split('/');
  if (rest.length === 0 || found.account.host !== host) return undefined;
  const name = encodeURIComponent(encodeURIComponent(rest.join('/')));
  const origin = `${found.account.insecure ? 'http' : 'https'}://${host}`;
  return `${origin}/api/v2.0/projects/${project}/repositories/${name}/artifacts/${digest}?with_scan_overview=true`;
}

async function ask(
  outbound: Outbound,
  { account, password, token }: RegistryAccount,
  { url, what }: { readonly url: string; readonly what: string },
): Promise<OutboundAnswer> {
  const secret = password ?? token;
  const basic =
    account.username === undefined || secret === undefined
      ? undefined
      : Buffer.from(`${account.username}:${secret}`).toString('base64');
  const headers = {
    accept: 'application/json',
    'x-accept-vulnerabilities': reportTypes.join(', '),
    ...(basic === undefined ? {} : { authorization: `Basic ${basic}` }),
  };
  try {
    return await outbound.request({ method: 'GET', url, headers, maxBytes, maxRedirects: 0, timeoutMs: 15_000 });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'outboundUnavailable') throw error;
    throw new Failure('registryUnavailable', `${what}: ${error.message}`, { cause: error });
  }
}

function readAnswer({ status, body }: OutboundAnswer, what: string): ScanResult {
  if (status === 401 || status === 403)
    throw new Failure('registryDenied', `${what}: the registry's API answered ${status}`);
  if (status === 429 || status >= 500)
    throw new Failure('registryUnavailable', `${what}: the registry's API answered ${status}`);
  // No Harbor, no such artifact in it, or a redirect to a page for people.
  if (status !== 200) return { kind: 'unknown' };
  const artifact = HarborArtifact.safeParse(parseJson(body));
  return artifact.success ? resultOf(Object.values(artifact.data.scan_overview ?? {}), what) : { kind: 'unknown' };
}

type Report = z.infer<typeof Overview>[string];

/** One report for each format; where there are several, each has to be good and the worst number of each severity counts. */
function resultOf(reports: readonly Report[], what: string): ScanResult {
  if (reports.length === 0) return { kind: 'unknown' };
  const running = reports.find(({ scan_status: status }) => !ended.includes(status));
  if (running !== undefined) {
    throw new Failure('registryUnavailable', `${what} has not ended yet (${running.scan_status.slice(0, 50)})`);
  }
  if (reports.some(({ scan_status: status }) => status !== success)) return { kind: 'failed' };
  const counted = reports.map(severitiesOf).filter((severities) => severities !== undefined);
  if (counted.length < reports.length) return { kind: 'unknown' };
  const scanner = reports.map((report) => report.scanner?.name).find((name) => typeof name === 'string');
  const severities = worstSeverities(counted);
  return scanner === undefined ? { kind: 'complete', severities } : { kind: 'complete', severities, scanner };
}

const success = 'Success';
const ended = [success, 'Error', 'Stopped'];

/** Harbor counts what is fixable over all severities, not for each: only that nothing is can be told of each. */
function severitiesOf({ summary }: Report): Severities | undefined {
  const counts = summary?.summary;
  if (counts === undefined || counts === null) return undefined;
  if (summary?.fixable !== 0) return counts;
  return Object.fromEntries(Object.entries(counts).map(([name, total]) => [name, { total, fixable: 0 }] as const));
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}
