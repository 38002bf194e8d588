import { afterEach, describe, expect, it } from 'vitest';
import { closedPort, type FixtureServer, startServer } from '../../../test/fixtures/http-server.ts';
import { loopbackOutbound } from '../../../test/fixtures/loopback-outbound.ts';
import { zipOf } from '../../../test/fixtures/zip.ts';
import type { AccountType } from '../../domain/account.ts';
import type { ReportPlace } from '../../domain/named-report.ts';
import { createReportFetcher } from './report-fetcher.ts';

const servers: FixtureServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

type Answer = { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown };

/** A build system that answers by path and query. */
async function buildSystem(answers: Readonly<Record<string, Answer>>): Promise<FixtureServer> {
  const server = await startServer((request, response) => {
    const { status = 200, headers = {}, body = '' } = answers[request.url ?? ''] ?? { status: 404 };
    const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    response.writeHead(status, headers).end(bytes);
  });
  servers.push(server);
  return server;
}

const fetcher = createReportFetcher(loopbackOutbound());
const accountOf = (type: AccountType, host: string) => ({
  account: { name: 'ci', type, host, insecure: true, updatedAt: 0, rev: 1 },
  secret: { token: 'secret' },
});

async function fetched(place: Exclude<ReportPlace, { kind: 'content' }>, host: string, type: AccountType = place.kind) {
  const bytes = await fetcher.fetch(place, { account: accountOf(type, host), maxBytes: 1000 });
  return Buffer.from(bytes).toString();
}

const github = { kind: 'github', repository: 'acme/shop', run: '42', artifact: 'junit report' } as const;
const runs = '/api/v3/repos/acme/shop/actions/runs/42/artifacts?name=junit%20report&per_page=100';
const zip = (id: number) => `/api/v3/repos/acme/shop/actions/artifacts/${id}/zip`;
const listed = (...artifacts: readonly object[]) => ({ body: { total_count: artifacts.length, artifacts } });

describe('an artifact of a GitHub run', () => {
  it('is found by its exact name, the newest of several attempts, and followed to where it is kept', async () => {
    const store = await buildSystem({ '/blob?sig=x': { body: zipOf({ 'junit.xml': '<testsuite/>' }) } });
    const server = await buildSystem({
      [runs]: listed({ id: 1, name: 'junit report' }, { id: 9, name: 'other' }, { id: 3, name: 'junit report' }),
      [zip(3)]: { status: 302, headers: { location: `${store.url}/blob?sig=x` } },
    });
    expect(await fetched(github, server.host)).toBe('<testsuite/>');
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret', 'Bearer secret']);
    expect(store.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('may hold several files', async () => {
    const archive = zipOf({ 'a/unit.xml': '<a/>', 'b.xml': '<b/>' });
    const server = await buildSystem({ [runs]: listed({ id: 3, name: 'junit report' }), [zip(3)]: { body: archive } });
    expect(await fetched({ ...github, path: 'a/unit.xml' }, server.host)).toBe('<a/>');
    await expect(fetched(github, server.host)).rejects.toMatchObject({ code: 'contentNotFound' });
  });

  it.each<[string, Readonly<Record<string, Answer>>, string]>([
    ['no such run', {}, 'contentNotFound'],
    ['no such artifact', { [runs]: listed({ id: 1, name: 'junit' }) }, 'contentNotFound'],
    ['an expired one', { [runs]: listed({ id: 1, name: 'junit report', expired: true }) }, 'contentNotFound'],
    ['no right', { [runs]: { status: 403 } }, 'contentDenied'],
    ['too many calls', { [runs]: { status: 429 } }, 'outboundUnavailable'],
    ['an outage', { [runs]: { status: 502 } }, 'outboundUnavailable'],
    ['a page for people', { [runs]: { body: '<html>' } }, 'fetchNotPossible'],
    ['no archive', { [runs]: listed({ id: 3, name: 'junit report' }), [zip(3)]: { body: 'x' } }, 'fetchNotPossible'],
  ])('%s is a failure', async (_name, answers, code) => {
    const server = await buildSystem(answers);
    await expect(fetched(github, server.host)).rejects.toMatchObject({ code });
  });

  it('of a repository that is none is not asked for', async () => {
    const server = await buildSystem({});
    const place = { ...github, repository: 'acme/../..' };
    await expect(fetched(place, server.host)).rejects.toMatchObject({ code: 'fetchNotPossible' });
    expect(server.seen).toEqual([]);
  });
});

const gitlab = {
  kind: 'gitlab',
  project: 'acme/web/shop',
  pipeline: '7',
  job: 'unit tests',
  path: 'out/junit.xml',
} as const;
const project = '/api/v4/projects/acme%2Fweb%2Fshop';
const jobs = (page: number) => `${project}/pipelines/7/jobs?include_retried=false&per_page=100&page=${page}`;

describe('a file of a GitLab job', () => {
  it('is found by the job’s exact name, over pages', async () => {
    const others = Array.from({ length: 100 }, (_, id) => ({ id, name: `job ${id}` }));
    const server = await buildSystem({
      [jobs(1)]: { body: others },
      [jobs(2)]: {
        body: [
          { id: 200, name: 'unit' },
          { id: 201, name: 'unit tests' },
        ],
      },
      [`${project}/jobs/201/artifacts/out/junit.xml`]: { body: '<testsuite/>' },
    });
    expect(await fetched(gitlab, server.host)).toBe('<testsuite/>');
    expect(server.seen[0]?.headers['private-token']).toBe('secret');
  });

  it.each<[string, Readonly<Record<string, Answer>>, string]>([
    ['no such job', { [jobs(1)]: { body: [{ id: 1, name: 'unit' }] } }, 'contentNotFound'],
    ['no such file', { [jobs(1)]: { body: [{ id: 1, name: 'unit tests' }] } }, 'contentNotFound'],
    [
      'a large one',
      {
        [jobs(1)]: { body: [{ id: 1, name: 'unit tests' }] },
        [`${project}/jobs/1/artifacts/out/junit.xml`]: { body: 'x'.repeat(1001) },
      },
      'tooLarge',
    ],
  ])('%s is a failure', async (_name, answers, code) => {
    const server = await buildSystem(answers);
    await expect(fetched(gitlab, server.host)).rejects.toMatchObject({ code });
  });

  it('is not asked for with an account of another kind', async () => {
    const server = await buildSystem({});
    await expect(fetched(gitlab, server.host, 'github')).rejects.toMatchObject({ code: 'accountNotPermitted' });
    expect(server.seen).toEqual([]);
  });

  it('of a host that is down is asked for again', async () => {
    const host = `127.0.0.1:${await closedPort()}`;
    await expect(fetched(gitlab, host)).rejects.toMatchObject({ code: 'outboundUnavailable', retryable: true });
  });
});
