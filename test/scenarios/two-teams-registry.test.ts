import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideRegistryAccess } from '../../local/registry/access.ts';
import type { Caller } from '../../shared/domain/caller.ts';
import { mayUseRepository } from '../../shared/flows/may-use-repository.ts';
import { createTokenCheck } from '../../shared/runtime/token-check.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { ociImage } from '../fixtures/oci-image.ts';
import { createTwoTeams, type TwoTeams } from '../fixtures/two-teams.ts';

const tables = useEmbeddedTables();
/** What alpha pushed: the same bytes as the fixture's. */
const image = ociImage({ 'index.html': 'alpha' });

let teams: TwoTeams;
let server: Server;
let baseUrl = '';
beforeAll(async () => {
  teams = await createTwoTeams(tables);
  const { ports, registry } = teams.scenario;
  const mayUse = (right: 'push' | 'pull') => (caller: Caller, repository: string) =>
    mayUseRepository(ports, { caller, repository: `registry.local/${repository}`, right });
  const rights = {
    authenticate: createTokenCheck(ports, {}),
    mayPush: mayUse('push'),
    mayPull: mayUse('pull'),
  };
  server = createServer(async (request, response) => {
    // As if it came from elsewhere: a login is asked for.
    const asked = { bindAddress: '0.0.0.0', peerAddress: '192.0.2.1', headers: request.headers };
    await registry.registry.handle(request, response, await decideRegistryAccess(asked, rights));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  baseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}, 30_000);
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await teams.scenario.close();
});

async function ask(token: string, method: string, path: string, body?: string) {
  const authorization = `Basic ${Buffer.from(`any:${token}`).toString('base64')}`;
  const answer = await fetch(`${baseUrl}${path}`, { method, body, headers: { authorization } });
  return { status: answer.status, text: await answer.text() };
}

const layer = image.layers[0]?.digest ?? '';

describe('the embedded registry', () => {
  it.each([
    ['GET', '/v2/{repository}/tags/list', undefined],
    ['GET', '/v2/{repository}/manifests/alpha-V1', undefined],
    ['GET', `/v2/{repository}/manifests/${image.digest}`, undefined],
    ['GET', `/v2/{repository}/blobs/${layer}`, undefined],
    ['GET', `/v2/{repository}/referrers/${image.digest}`, undefined],
    ['POST', '/v2/{repository}/blobs/uploads/', undefined],
    ['POST', `/v2/{repository}/blobs/uploads/?digest=${layer}`, 'x'],
    ['PUT', '/v2/{repository}/manifests/alpha-V1', '{}'],
    ['DELETE', '/v2/{repository}/manifests/alpha-V1', undefined],
  ])('%s %s is denied, whether it is there or not', async (method, path, body) => {
    const answers = [];
    for (const repository of ['alpha/shop', 'gamma/shop']) {
      const { status, text } = await ask(teams.tokens.ben, method, path.replace('{repository}', repository), body);
      answers.push({ status, text: text.replaceAll(repository, '…') });
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.status).toBe(403);
  });

  it('gives no blob of a repository that one may not pull to one that one may push to', async () => {
    const { ben, ann } = teams.tokens;
    const mount = `/v2/beta/shop/blobs/uploads/?mount=${layer}&from=alpha/shop`;
    const absent = `/v2/beta/shop/blobs/uploads/?mount=${layer}&from=gamma/shop`;
    expect([(await ask(ben, 'POST', mount)).status, (await ask(ben, 'POST', absent)).status]).toEqual([202, 202]);
    expect((await ask(ben, 'GET', `/v2/beta/shop/blobs/${layer}`)).status).toBe(404);
    const manifest = Buffer.from(image.manifest).toString();
    expect((await ask(ben, 'PUT', '/v2/beta/shop/manifests/stolen', manifest)).status).not.toBe(201);
    expect((await ask(ben, 'GET', '/v2/beta/shop/tags/list')).text).not.toContain('stolen');
    expect((await ask(ann, 'GET', `/v2/alpha/shop/blobs/${layer}`)).status).toBe(200);
  });

  it('lets ben do at home what he may not elsewhere', async () => {
    expect((await ask(teams.tokens.ben, 'GET', '/v2/beta/shop/tags/list')).status).toBe(200);
    expect((await ask(teams.tokens.ben, 'POST', '/v2/beta/shop/blobs/uploads/')).status).toBe(202);
    expect((await ask('wb_unknown', 'GET', '/v2/beta/shop/tags/list')).status).toBe(401);
  });
});
