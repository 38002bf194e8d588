import { createHmac, randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FixtureServer, startServer } from '../fixtures/http-server.ts';
import { ociImage, pushImage } from '../fixtures/oci-image.ts';
import { eventually } from '../fixtures/process-tree.ts';
import { type Answer, type CallOptions, type RunningService, startService } from '../fixtures/running-service.ts';
import { makeScenarioFolder, type ScenarioFolder } from '../fixtures/scenario-folder.ts';

let folder: ScenarioFolder;
let service: RunningService;
let target: FixtureServer;

/** What must be nowhere. A name says where it came from; the text is the secret. */
const secrets = new Map<string, string>();
/** Where a secret was looked for: what was answered, by the call. */
const answers: { readonly call: string; readonly text: string }[] = [];

function secret(name: string, text = `${name.replaceAll(' ', '-')}-${randomBytes(16).toString('hex')}`): string {
  secrets.set(name, text);
  return text;
}

/** Remembers every answer, headers too. */
async function call(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer> {
  const answer = await service.call(method, path, body, options);
  const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  answers.push({ call: `${method} ${path}`, text: `${headers}\n${answer.text}` });
  return answer;
}

const signingKey = randomBytes(32);
const ownSecret = () => secret('own signing secret', `whsec_${signingKey.toString('base64')}`);
const admin = () => ({ token: secrets.get('admin token') ?? '' });

beforeAll(async () => {
  folder = await makeScenarioFolder();
  // It answers with whatever it was sent, as a careless or hostile target would.
  target = await startServer((request, response, body) => {
    const { authorization, 'webhook-signature': signature, 'waybill-callback': callback } = request.headers;
    if (typeof signature === 'string') secret(`signature of the call ${request.url}`, signature.replace('v1,', ''));
    if (typeof callback === 'string') secret(`callback token of ${request.url}`, callback.split('/').at(-1));
    response.statusCode = request.url === '/wait' ? 200 : 418;
    response.end(`${request.url === '/body' ? body : ''} ${authorization} ${signature} ${callback}`);
  });
  service = await startService({
    dataDir: folder.path,
    env: {
      WAYBILL_ADMIN_TOKEN: secret('admin token'),
      WAYBILL_OUTBOUND_ALLOW: target.host,
      WAYBILL_LOG_LEVEL: 'debug',
    },
  });
}, 30_000);
afterAll(async () => {
  await service?.stop();
  await target?.close();
  await folder?.remove();
});

const repositories = ['registry.example.com/**'];
const hooks = { registry: '', own: '' };
let tokenId = '';

/** The one answer that shows a token. */
async function makeToken(): Promise<string> {
  const made = await service.call('POST', '/v1/tokens', { subject: 'alice', groups: ['rm'] }, admin());
  expect(made.status).toBe(201);
  tokenId = made.json.id;
  return secret('token of alice', made.json.token);
}

async function makeReceivers(): Promise<void> {
  const both = [
    secret('receiver secret', `Bearer ${randomBytes(16).toString('hex')}`),
    secret('receiver secret before', `Basic ${randomBytes(16).toString('hex')}`),
  ];
  const registry = { type: 'distribution', repositories, secret: both };
  const own = { type: 'waybill', repositories, secret: ownSecret() };
  hooks.registry = (await call('PUT', '/v1/receivers/registry', registry, admin())).json.url;
  hooks.own = (await call('PUT', '/v1/receivers/own', own, admin())).json.url;
  expect(hooks).toEqual({ registry: expect.stringMatching(/^\/v1\/hooks\/\w{20}/), own: expect.any(String) });
}

async function makeAccounts(): Promise<void> {
  const password = secret('password');
  secret('password as Basic', Buffer.from(`user:${password}`).toString('base64'));
  const host = target.host;
  const accounts = {
    registry: { type: 'registry', host, insecure: true, username: 'user', password },
    basic: { type: 'http', host, insecure: true, username: 'user', password },
    bearer: { type: 'http', host, insecure: true, token: secret('account token') },
    signing: { type: 'webhook', secret: secret('account secret', `whsec_${randomBytes(32).toString('base64')}`) },
  };
  for (const [name, body] of Object.entries(accounts)) {
    expect((await call('PUT', `/v1/accounts/${name}`, body, admin())).status).toBe(201);
    expect((await call('PUT', `/v1/accounts/${name}`, body, admin())).status).toBe(200);
  }
}

/** Bodies that are refused are told why, without what they held. */
async function sendBadBodies(): Promise<void> {
  const text = secret('secret in a bad body');
  const json = { ...admin(), headers: { 'content-type': 'application/json' } };
  const yaml = { ...admin(), headers: { 'content-type': 'application/yaml' } };
  const statuses = [
    await call('PUT', '/v1/accounts/bad', { type: 'http', username: 'u', password: `${text}\n` }, admin()),
    await call('PUT', '/v1/accounts/bad', { type: 'webhook', secret: text }, admin()),
    await call('PUT', '/v1/accounts/bad', { type: 'http', token: { text } }, admin()),
    await call('PUT', '/v1/accounts/bad', `{"type":"http","token":"${text}",,}`, json),
    await call('PUT', '/v1/accounts/bad', `"${text}" ${text}`, json),
    await call('PUT', '/v1/receivers/bad', { type: 'waybill', repositories, secret: text }, admin()),
    await call('PUT', '/v1/receivers/bad', { type: 'distribution', repositories, secret: [text, text, text] }, admin()),
    await call('PUT', '/v1/receivers/bad', { type: 'distribution', repositories, secret: `${text}\r\nx: y` }, admin()),
    await call('PUT', '/v1/pipelines/bad', `{"parameters": {"a": ${text}}}`, json),
    await call('PUT', '/v1/pipelines/bad', `parameters: {a: "${text}}`, yaml),
    await call('PUT', '/v1/pipelines/bad', `parameters: [\n*${text}\n]`, yaml),
  ].map(({ status }) => status);
  expect(statuses.filter((status) => status !== 400 && status !== 422)).toEqual([]);
}

async function knock(): Promise<void> {
  const guess = secret('wrong guess', randomBytes(20).toString('hex'));
  const type = { 'content-type': 'application/json' };
  const body = { events: [] };
  const right = { ...type, authorization: secrets.get('receiver secret') ?? '' };
  const before = { ...type, authorization: secrets.get('receiver secret before') ?? '' };
  const wrong = { ...type, authorization: `Bearer ${guess}` };
  const to = (path: string, headers: Readonly<Record<string, string>>, sent: unknown = body) =>
    call('POST', path, sent, { token: null, headers });
  const answered = [
    await to(hooks.registry, right),
    await to(hooks.registry, before),
    await to(hooks.registry, right, `{"events": [{"actor": "${guess}"`),
    await to(hooks.registry, wrong),
    await to(`${hooks.registry}?secret=${guess}`, type),
    await to(`/v1/hooks/${guess}`, right),
    await to(hooks.own, type, '{}'),
    await to(hooks.own, signed('{"type":"x","data":{}}'), '{"type":"x","data":{}}'),
    await to(hooks.own, signed('{"type":"y"}'), '{"type":"x"}'),
    await to(`/v1/callbacks/${guess}`, type, { status: 'succeeded' }),
    await call('GET', `/v1/executions?token=${guess}`, undefined, { token: guess }),
    await call('GET', '/v1/keys', undefined, { token: null, headers: { authorization: `Basic ${guess}` } }),
    await call('GET', '/v2/', undefined, {
      token: null,
      headers: { 'x-forwarded-for': '1.2.3.4', authorization: `Basic ${btoa(`u:${guess}`)}` },
    }),
  ].map(({ status }) => status);
  expect(answered).toEqual([202, 202, 400, 401, 401, 404, 401, 202, 401, 404, 401, 401, 401]);
}

function signed(body: string): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const mac = createHmac('sha256', signingKey).update(`m.${timestamp}.${body}`).digest('base64');
  secret(`signature of ${body}`, mac);
  return {
    'content-type': 'application/json',
    'webhook-id': 'm',
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac}`,
  };
}

/** What wakes a machine is in the table only: read from its file, as an owner of the disk could. */
async function keepTaskTokens(): Promise<void> {
  const found = [...(await tableText()).matchAll(/token\\*"\s*:\s*(?:\{\\*"S\\*"\s*:\s*)?\\*"([\w-]{32})\\*"/g)];
  expect(found.length).toBeGreaterThan(0);
  for (const [index, [, token]] of found.entries()) secret(`task token ${index}`, token);
}

async function tableText(): Promise<string> {
  return (await filesBelow('dynamodb')).map(({ text }) => text).join('\n');
}

async function filesBelow(part: string): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const entries = await readdir(join(folder.path, part), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (path) => ({ path, text: (await readFile(path)).toString('latin1') })));
}

/** The service's own: each line of its private keys, and the secrets that it keeps for others. */
async function keepOwnSecrets(): Promise<void> {
  for (const { path, text } of await filesBelow('keys')) {
    for (const line of text.trim().split('\n'))
      if (!line.startsWith('-----')) secret(`${path} ${line.slice(0, 4)}`, line);
  }
}

/** A run whose every step meets a target that repeats what it was sent. */
const pipeline = () => ({
  name: 'told',
  sources: { image: { type: 'registry', repository: 'registry.local/told/app', on: ['push'] } },
  stages: {
    pre: {
      environment: 'pre',
      steps: { deploy: { step: 'directory', with: { path: 'x', image: '$[sources.image]' } } },
    },
    basic: { needs: ['pre'], steps: { call: { step: 'webhook', with: { url: `${target.url}/`, account: 'basic' } } } },
    bearer: {
      needs: ['pre'],
      steps: { call: { step: 'webhook', with: { url: `${target.url}/`, account: 'bearer' } } },
    },
    signing: {
      needs: ['pre'],
      steps: { call: { step: 'webhook', with: { url: `${target.url}/`, account: 'signing' } } },
    },
    header: {
      needs: ['pre'],
      steps: {
        call: { step: 'webhook', with: { url: `${target.url}/`, account: 'signing', wait: { timeout: '1h' } } },
      },
    },
    body: {
      needs: ['pre'],
      steps: {
        call: {
          step: 'webhook',
          with: { url: `${target.url}/body`, body: { at: '${CALLBACK_URL}' }, wait: { timeout: '1h' } },
        },
      },
    },
    waits: {
      needs: ['pre'],
      gates: [{ approval: { groups: ['rm'], timeout: '1h' } }],
      steps: { call: { step: 'webhook', with: { url: `${target.url}/wait`, wait: { timeout: '1h' } } } },
    },
  },
});

async function runPipeline(): Promise<void> {
  expect((await call('PUT', '/v1/pipelines/told', pipeline(), admin())).status).toBe(201);
  const token = secrets.get('token of alice') ?? '';
  const login = secret('token as Basic', Buffer.from(`x:${secrets.get('admin token')}`).toString('base64'));
  const headers = { 'x-forwarded-for': '1.2.3.4', authorization: `Basic ${login}` };
  const image = ociImage({ a: 'b' });
  await pushImage(image, { baseUrl: service.baseUrl, repository: 'told/app', tag: '1' }, { headers });
  const asked = async () => (await service.call('GET', '/v1/approvals', undefined, { token })).json.items;
  expect(await eventually(async () => (await asked()).length === 1, 15_000)).toBe(true);
  await keepTaskTokens();
  const [{ id }] = await asked();
  const decision = { decision: 'approve', digests: [] };
  expect((await call('POST', `/v1/approvals/${id}/decisions`, decision, { token })).status).toBe(200);
  const isOver = async () => {
    const { json } = await service.call('GET', '/v1/executions?pipeline=told', undefined, admin());
    return /failed|succeeded/.test(json.items[0].status);
  };
  const isCalled = () => target.seen.some((request) => request.url === '/wait');
  expect(await eventually(isCalled, 15_000)).toBe(true);
  const path = `/v1/callbacks/${secrets.get('callback token of /wait')}`;
  const called = async () =>
    (await service.call('POST', path, { status: 'succeeded' }, { token: null })).status === 200;
  expect(await eventually(called, 15_000)).toBe(true);
  expect(await eventually(isOver, 15_000)).toBe(true);
}

/** Every list, and everything that the lists name. */
async function readEverything(): Promise<void> {
  const { json } = await call('GET', '/v1/openapi.json', undefined, admin());
  const lists = Object.keys(json.paths).filter((path) => json.paths[path].get !== undefined && !path.includes('{'));
  expect(lists.length).toBeGreaterThan(8);
  for (const path of lists)
    await call('GET', path === '/v1/artifacts' ? `${path}?name=registry.local/told/app` : path, undefined, admin());
  const idsOf = async (path: string, key: string): Promise<readonly string[]> =>
    (await call('GET', path, undefined, admin())).json.items.map((item: Readonly<Record<string, string>>) => item[key]);
  for (const id of await idsOf('/v1/executions', 'id')) {
    for (const part of ['', '/proof', '/artifacts'])
      await call('GET', `/v1/executions/${id}${part}`, undefined, admin());
  }
  for (const id of await idsOf('/v1/deliveries', 'id')) await call('GET', `/v1/deliveries/${id}`, undefined, admin());
  for (const status of ['pending', 'approved']) {
    for (const id of await idsOf(`/v1/approvals?status=${status}`, 'id'))
      await call('GET', `/v1/approvals/${id}`, undefined, admin());
  }
  for (const uuid of await idsOf('/v1/artifacts?name=registry.local/told/app', 'uuid'))
    await call('GET', `/v1/artifacts/${uuid}`, undefined, admin());
  await call('GET', '/v1/pipelines/told', undefined, admin());
  await call('GET', '/v1/environments/pre/history', undefined, admin());
  await call('DELETE', `/v1/tokens/${tokenId}`, undefined, admin());
  await call('DELETE', '/v1/accounts/basic', undefined, admin());
  await call('DELETE', '/v1/receivers/registry', undefined, admin());
}

/** Names of the secrets that a text holds; of proofs also what their payload says. */
function secretsIn(text: string): readonly string[] {
  const payload = /"payload":"([\w+/=]+)"/.exec(text)?.[1] ?? '';
  const all = `${text}\n${Buffer.from(payload, 'base64').toString()}`;
  const forms = (one: string) => [one, JSON.stringify(one).slice(1, -1), encodeURIComponent(one)];
  return [...secrets].filter(([, one]) => forms(one).some((form) => all.includes(form))).map(([name]) => name);
}

describe('secrets', () => {
  beforeAll(async () => {
    await makeToken();
    await makeReceivers();
    await makeAccounts();
    await sendBadBodies();
    await knock();
    await runPipeline();
    await keepOwnSecrets();
    await readEverything();
  }, 60_000);

  it('are all there to be found', () => {
    const names = [...secrets.keys()].join();
    for (const part of [
      'admin token',
      'token of alice',
      'callback token of /wait',
      'signature of the call /',
      'task token 0',
      'signing-key',
      'callback-secret',
    ]) {
      expect(names).toContain(part);
    }
    expect(secretsIn(JSON.stringify([...secrets.values()]))).toEqual([...secrets.keys()]);
    expect(target.seen.map(({ headers }) => headers.authorization)).toEqual(
      expect.arrayContaining([`Basic ${secrets.get('password as Basic')}`, `Bearer ${secrets.get('account token')}`]),
    );
  });

  it('are in no line of the log', () => {
    const { out, log } = service.output();
    const lines = `${out}\n${log}`.split('\n');
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.filter((line) => secretsIn(line).length > 0)).toEqual([]);
    const ids = Object.values(hooks).map((path) => path.split('/').at(-1) ?? 'none');
    expect(lines.filter((line) => ids.some((id) => line.includes(id)))).toEqual([]);
  });

  it('are in no answer', () => {
    expect(answers.length).toBeGreaterThan(60);
    const shown = answers.map(({ call: asked, text }) => [asked, secretsIn(text)] as const);
    expect(shown.filter(([, names]) => names.length > 0)).toEqual([]);
    const proofs = answers.filter(({ call: asked, text }) => asked.endsWith('/proof') && text.includes('"payload"'));
    expect(proofs).toHaveLength(1);
  });

  it('are kept where only their owner can read them, and never in the table', async () => {
    const text = await tableText();
    const kept = [...secrets].filter(([name, one]) => !name.startsWith('task token') && text.includes(one));
    expect(kept.map(([name]) => name)).toEqual([]);
    const files = [...(await filesBelow('keys')), ...(await filesBelow('secrets'))];
    expect(files.length).toBeGreaterThan(5);
    const modes = await Promise.all(files.map(async ({ path }) => ((await stat(path)).mode & 0o777).toString(8)));
    expect(new Set(modes)).toEqual(new Set(['600']));
  });
});
