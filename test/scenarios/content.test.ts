import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FixtureServer, startServer } from '../fixtures/http-server.ts';
import { eventually } from '../fixtures/process-tree.ts';
import { type RunningService, useService } from '../fixtures/running-service.ts';

let files: FixtureServer;
let body = 'replicas: 2\n';
const hooks: string[] = [];
beforeAll(async () => {
  files = await startServer((request, response, sent) => {
    if (request.method === 'POST') {
      hooks.push(sent.toString());
      response.end();
    } else if (request.headers.authorization === 'Bearer t0ken') response.end(body);
    else response.writeHead(401).end();
  });
});
afterAll(() => files.close());

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function pipeline(name: string, owners: readonly string[], version?: string) {
  const artifact = {
    ...{ type: 'http/file', name: 'shop.yaml', reference: `${files.url}/shop.yaml`, artifactAccount: 'files' },
    ...(version === undefined ? {} : { version }),
  };
  const step = { step: 'webhook', with: { url: `${files.url}/hook`, body: { config: '$[sources.config]' } } };
  return {
    ...{ name, owners, readers: owners },
    expectedArtifacts: [
      { id: 'config', matchArtifact: { type: 'http/file' }, useDefaultArtifact: true, defaultArtifact: artifact },
    ],
    stages: { pre: { steps: { tell: step } } },
  };
}

async function run(service: RunningService, name: string) {
  const started = await service.call('POST', `/v1/pipelines/${name}/executions`, {});
  if (started.status !== 202) return started;
  const show = () => service.call('GET', `/v1/executions/${started.json.executionId}`);
  await eventually(async () => /^(succeeded|failed)$/.test((await show()).json.status));
  return show();
}

it('fetches once with the account, keeps what it was, refuses what changed, and shows it to readers only', async () => {
  const service = await useService({ env: { WAYBILL_OUTBOUND_ALLOW: files.host } });
  const tokenOf = async (group: string): Promise<string> =>
    (await service.call('POST', '/v1/tokens', { subject: group, groups: [group] })).json.token;
  const [shop, other] = [await tokenOf('team-shop'), await tokenOf('team-other')];
  const account = { type: 'http', host: files.host, insecure: true, token: 't0ken', readers: ['team-shop'] };
  expect((await service.call('PUT', '/v1/accounts/files', account)).status).toBe(201);
  for (const [name, token, version] of [
    ['shop', shop, '1'],
    ['floating', shop, undefined],
    ['other', other, '1'],
  ] as const) {
    const file = pipeline(name, [name === 'other' ? 'team-other' : 'team-shop'], version);
    expect((await service.call('PUT', `/v1/pipelines/${name}`, file, { token })).status).toBe(201);
  }

  const first = await run(service, 'shop');
  expect(first.json.status).toBe('succeeded');
  const { artifact } = first.json.boundArtifacts[0];
  expect(artifact).toMatchObject({ type: 'http/file', version: '1', metadata: { sha256: sha256(body) } });
  const path = `/v1/artifacts/${artifact.uuid}/content`;
  const content = await service.call('GET', path, undefined, { token: shop });
  expect([content.status, content.text]).toEqual([200, body]);
  expect(content.headers.get('content-disposition')).toContain('attachment');
  expect((await service.call('GET', path, undefined, { token: other })).status).toBe(404);

  expect((await run(service, 'other')).json).toMatchObject({ status: 422, code: 'accountNotPermitted' });
  const seen = body;
  body = 'replicas: 200\n';
  expect((await run(service, 'shop')).json).toMatchObject({ status: 422, code: 'contentChanged' });
  expect((await service.call('GET', path)).text).toBe(seen);
  const floating = await run(service, 'floating');
  expect(floating.json.boundArtifacts[0].artifact.version).toBe(`sha256:${sha256(body)}`);
  expect(service.output().log).not.toContain('t0ken');
}, 30_000);

it('takes and gives 4 MiB, and no byte more', async () => {
  const service = await useService();
  const thing = { type: 'custom/object', name: 'thing', version: '1', reference: 'thing:1' };
  const { uuid } = (await service.call('POST', '/v1/artifacts', thing)).json;
  const path = `/v1/artifacts/${uuid}/content`;
  const headers = { 'content-type': 'application/octet-stream' };
  const bytes = Buffer.alloc(4 * 1024 * 1024, 'x');
  const large = await service.call('PUT', path, Buffer.concat([bytes, Buffer.from('y')]), { headers });
  expect([large.status, large.json.code]).toEqual([413, 'tooLarge']);
  expect((await service.call('PUT', path, bytes, { headers })).status).toBe(201);
  expect((await service.call('GET', path)).text.length).toBe(bytes.length);
}, 30_000);
