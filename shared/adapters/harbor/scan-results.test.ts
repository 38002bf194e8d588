import { afterEach, describe, expect, it } from 'vitest';
import { closedPort, type FixtureServer, startServer } from '../../../test/fixtures/http-server.ts';
import { loopbackOutbound } from '../../../test/fixtures/loopback-outbound.ts';
import { type Digest, parseDigest } from '../../domain/digest.ts';
import type { RegistryAccounts } from '../../ports/registry-client.ts';
import { harborScanResults } from './scan-results.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`) as Digest;
const mime = 'application/vnd.security.vulnerability.report; version=1.1';
const servers: FixtureServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const accountsOf =
  (host: string): RegistryAccounts =>
  async (asked, asker) => {
    if (asked !== host) return undefined;
    if (!asker?.pipelines.includes('shop')) return { insecure: false };
    const account = {
      name: 'h',
      type: 'registry',
      host,
      username: 'robot',
      insecure: true,
      updatedAt: 0,
      rev: 1,
    } as const;
    return { account, password: 'secret' };
  };

async function harbor(status: number, body: unknown, headers: Record<string, string> = {}) {
  const server = await startServer((_request, response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  servers.push(server);
  const results = harborScanResults({ outbound: loopbackOutbound(), accounts: accountsOf(server.host) });
  const read = (path = 'team/web/shop', pipelines = ['shop']) =>
    results.read(`${server.host}/${path}`, digest, { pipelines });
  return { read, server };
}

const overview = (scan_status: string, summary?: unknown) => ({ scan_overview: { [mime]: { scan_status, summary } } });

describe('Harbor’s API', () => {
  it('is asked for the digest, with the account of that host', async () => {
    const { read, server } = await harbor(
      200,
      overview('Success', { total: 3, fixable: 1, summary: { Critical: 1, High: 2 } }),
    );
    expect(await read()).toEqual({
      kind: 'complete',
      severities: { critical: { total: 1 }, high: { total: 2 } },
    });
    const [request] = server.seen;
    expect(request?.url).toBe(
      `/api/v2.0/projects/team/repositories/web%252Fshop/artifacts/${digest}?with_scan_overview=true`,
    );
    expect(request?.headers.authorization).toBe(`Basic ${Buffer.from('robot:secret').toString('base64')}`);
  });

  it.each([
    [
      'nothing fixable',
      overview('Success', { fixable: 0, summary: { Low: 2 } }),
      { kind: 'complete', severities: { low: { total: 2, fixable: 0 } } },
    ],
    [
      'the worst of two reports',
      {
        scan_overview: {
          a: { scan_status: 'Success', summary: { summary: { High: 1, Low: 5 } } },
          b: { scan_status: 'Success', summary: { summary: { High: 2 } } },
        },
      },
      { kind: 'complete', severities: { high: { total: 2 }, low: { total: 5 } } },
    ],
    [
      'a good and a bad report',
      { scan_overview: { a: { scan_status: 'Success', summary: { summary: {} } }, b: { scan_status: 'Error' } } },
      { kind: 'failed' },
    ],
    [
      'the scanner’s name',
      {
        scan_overview: {
          a: { scan_status: 'Success', scanner: { name: 'Trivy', version: '1' }, summary: { summary: {} } },
        },
      },
      { kind: 'complete', severities: {}, scanner: 'Trivy' },
    ],
    ['no findings', overview('Success', { total: 0, summary: {} }), { kind: 'complete', severities: {} }],
    ['no summary', overview('Success', null), { kind: 'unknown' }],
    ['no counts', overview('Success', { total: 3, fixable: 1 }), { kind: 'unknown' }],
    ['no scan', { scan_overview: null }, { kind: 'unknown' }],
    ['an error', overview('Error'), { kind: 'failed' }],
    ['a stop', overview('Stopped'), { kind: 'failed' }],
    ['something else', '<html>', { kind: 'unknown' }],
    ['counts that are none', overview('Success', { summary: { High: -1 } }), { kind: 'unknown' }],
  ])('%s', async (_name, body, result) => {
    const { read } = await harbor(200, body);
    expect(await read()).toEqual(result);
  });

  it.each([
    [200, overview('Running'), 'registryUnavailable', true],
    [429, {}, 'registryUnavailable', true],
    [503, {}, 'registryUnavailable', true],
    [401, {}, 'registryDenied', false],
    [403, {}, 'registryDenied', false],
  ])('%i %j is a failure', async (status, body, code, retryable) => {
    const { read } = await harbor(status, body);
    await expect(read()).rejects.toMatchObject({ code, retryable });
  });

  it.each([
    [404, {}],
    [302, { location: 'http://127.0.0.1:1/' }],
  ])('%i tells nothing, and no redirect takes the credentials along', async (status, headers) => {
    const { read, server } = await harbor(status, {}, headers as Record<string, string>);
    expect([await read(), server.seen.length]).toEqual([{ kind: 'unknown' }, 1]);
  });

  it('is not asked without an account that the asker may use, or for what is no project', async () => {
    const { read, server } = await harbor(200, {});
    expect(await read('team/shop', ['other'])).toEqual({ kind: 'unknown' });
    expect(await read('shop')).toEqual({ kind: 'unknown' });
    expect(server.seen).toEqual([]);
  });

  it('that does not answer is asked again', async () => {
    const host = `127.0.0.1:${await closedPort()}`;
    const results = harborScanResults({ outbound: loopbackOutbound(), accounts: accountsOf(host) });
    const reading = results.read(`${host}/team/shop`, digest, { pipelines: ['shop'] });
    await expect(reading).rejects.toMatchObject({ code: 'registryUnavailable', retryable: true });
  });
});
