import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRoutes } from '../../functions/api/routes/all-routes.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import {
  type AlphaThing,
  type Answer,
  alphaContentHash,
  alphaFile,
  type Call,
  createTwoTeams,
  pipelineOf,
  type TwoTeams,
} from '../fixtures/two-teams.ts';

const tables = useEmbeddedTables();
let teams: TwoTeams;
let before: string;

beforeAll(async () => {
  teams = await createTwoTeams(tables);
  before = await everythingOfAlpha();
}, 30_000);
afterAll(() => teams.scenario.close());

/**
 * What ben, of team beta, may know of a route.
 *
 * - `hidden`: what he asks for by name answers as if it were not there, to the letter.
 * - `list`: what he lists leaves it out; ann's answer to the same question has it.
 * - `closed`: not for members of teams at all, whatever is named.
 * - `same`: knows nothing of any team.
 * - `taken`: the one thing that can be learned: that a name is taken.
 */
type Row =
  | { readonly kind: 'hidden' | 'closed' | 'taken'; readonly calls: readonly Asked[] }
  | { readonly kind: 'list'; readonly paths: readonly string[] }
  | { readonly kind: 'same'; readonly why: string; readonly body?: unknown };

/** `{pipeline}` stands for alpha's, and, in the call it is compared with, for one that nobody has. */
interface Asked {
  readonly thing: AlphaThing;
  readonly path: string;
  readonly body?: unknown;
}

const digestOfNobody = `sha256:${'0'.repeat(64)}`;
/** Of the same form as alpha's. */
const nobodys: Readonly<Record<AlphaThing, string>> = {
  account: 'gamma-account',
  approval: 'apr_00000000000000000000000000000000',
  artifact: '00000000-0000-5000-8000-000000000000',
  delivery: 'dlv_00000000000000000000000000000000',
  digest: digestOfNobody,
  environment: 'gamma-env',
  execution: 'gamma-shop-20261120T101500Z-000000000000000000000000',
  file: '11111111-0000-5000-8000-000000000000',
  failed: 'gamma-fails-20261120T101500Z-000000000000000000000000',
  finished: 'gamma-done-20261120T101500Z-000000000000000000000000',
  pipeline: 'gamma-shop',
  receiver: 'gamma-receiver',
  repository: 'registry.local/gamma/shop',
  tokenId: '0000000000000000',
};

const one = (thing: AlphaThing, path: string, body?: unknown): readonly Asked[] => [{ thing, path, body }];
const ofExecutions = (path: string, body?: unknown): readonly Asked[] =>
  (['execution', 'failed', 'finished'] as const).map((thing) => ({ thing, path: `/v1/executions/{id}${path}`, body }));
const anyFile = pipelineOf('beta', 'x', { stages: { check: {} } });

const rows: Readonly<Record<string, Row>> = {
  'PUT /v1/receivers/{name}': {
    kind: 'closed',
    calls: one('receiver', '/v1/receivers/{id}', { type: 'waybill', repositories: ['r.example.com/**'] }),
  },
  'GET /v1/receivers': { kind: 'closed', calls: one('receiver', '/v1/receivers') },
  'DELETE /v1/receivers/{name}': { kind: 'closed', calls: one('receiver', '/v1/receivers/{id}') },
  'GET /v1/deliveries': {
    kind: 'list',
    paths: ['/v1/deliveries', '/v1/deliveries?receiver=registry.local', '/v1/deliveries?limit=1'],
  },
  'GET /v1/deliveries/{id}': { kind: 'hidden', calls: one('delivery', '/v1/deliveries/{id}') },
  'POST /v1/deliveries/{id}/replay': { kind: 'hidden', calls: one('delivery', '/v1/deliveries/{id}/replay', {}) },
  'POST /v1/explain': {
    kind: 'hidden',
    calls: [
      { thing: 'repository', path: '/v1/explain', body: { repository: '{id}', tag: 'alpha-V1' } },
      { thing: 'digest', path: '/v1/explain', body: { repository: 'registry.local/alpha/shop', digest: '{id}' } },
    ],
  },
  'PUT /v1/accounts/{name}': { kind: 'closed', calls: one('account', '/v1/accounts/{id}', { type: 'http' }) },
  'GET /v1/accounts': { kind: 'closed', calls: one('account', '/v1/accounts') },
  'DELETE /v1/accounts/{name}': { kind: 'closed', calls: one('account', '/v1/accounts/{id}') },
  'PUT /v1/pipelines/{name}': {
    kind: 'taken',
    calls: one('pipeline', '/v1/pipelines/{id}', { ...anyFile, name: '{id}' }),
  },
  'GET /v1/pipelines': { kind: 'list', paths: ['/v1/pipelines', '/v1/pipelines?limit=1'] },
  'GET /v1/pipelines/{name}': { kind: 'hidden', calls: one('pipeline', '/v1/pipelines/{id}') },
  'DELETE /v1/pipelines/{name}': { kind: 'hidden', calls: one('pipeline', '/v1/pipelines/{id}') },
  'GET /v1/pipelines/{name}/sources/{source}/versions': {
    kind: 'hidden',
    calls: one('pipeline', '/v1/pipelines/{id}/sources/image/versions'),
  },
  'POST /v1/pipelines/{name}/executions': {
    kind: 'hidden',
    calls: one('pipeline', '/v1/pipelines/{id}/executions', {}),
  },
  'GET /v1/executions': {
    kind: 'list',
    paths: [
      '/v1/executions',
      '/v1/executions?limit=1',
      '/v1/executions?pipeline=alpha-shop',
      '/v1/executions?status=running',
      '/v1/executions?digest={digest}',
    ],
  },
  'GET /v1/executions/{id}': { kind: 'hidden', calls: ofExecutions('') },
  'POST /v1/executions/{id}/cancel': { kind: 'hidden', calls: ofExecutions('/cancel', {}) },
  'POST /v1/executions/{id}/retry': { kind: 'hidden', calls: ofExecutions('/retry', {}) },
  'GET /v1/executions/{id}/artifacts': { kind: 'hidden', calls: ofExecutions('/artifacts') },
  'GET /v1/executions/{id}/proof': { kind: 'hidden', calls: ofExecutions('/proof') },
  'GET /v1/keys': { kind: 'same', why: 'public keys, with which anybody checks a proof' },
  'GET /v1/approvals': { kind: 'list', paths: ['/v1/approvals', '/v1/approvals?status=pending&limit=1'] },
  'GET /v1/approvals/{id}': { kind: 'hidden', calls: one('approval', '/v1/approvals/{id}') },
  'POST /v1/approvals/{id}/decisions': {
    kind: 'hidden',
    calls: one('approval', '/v1/approvals/{id}/decisions', { decision: 'approve', digests: [digestOfNobody] }),
  },
  'GET /v1/artifacts': {
    kind: 'list',
    paths: ['/v1/artifacts?name=registry.local/alpha/shop', '/v1/artifacts?digest={digest}'],
  },
  'GET /v1/artifacts/{uuid}/content': { kind: 'hidden', calls: one('file', '/v1/artifacts/{id}/content') },
  'GET /v1/artifacts/content-address/{application}/{hash}': {
    kind: 'hidden',
    calls: one('pipeline', `/v1/artifacts/content-address/{id}/${alphaContentHash}`),
  },
  'PUT /v1/artifacts/{uuid}/content': {
    kind: 'hidden',
    calls: one('file', '/v1/artifacts/{id}/content', 'other bytes'),
  },
  'GET /v1/artifacts/{uuid}': {
    kind: 'hidden',
    calls: [...one('artifact', '/v1/artifacts/{id}'), ...one('file', '/v1/artifacts/{id}')],
  },
  'POST /v1/artifacts': {
    kind: 'hidden',
    calls: one('repository', '/v1/artifacts', { type: 'docker/image', reference: '{id}:alpha-V1' }),
  },
  'POST /v1/artifacts/{uuid}/facts': {
    kind: 'hidden',
    calls: one('artifact', '/v1/artifacts/{id}/facts', { kind: 'rejected', reason: 'because' }),
  },
  'GET /v1/environments': { kind: 'list', paths: ['/v1/environments', '/v1/environments?limit=1'] },
  'GET /v1/environments/{name}/history': {
    kind: 'hidden',
    calls: one('environment', '/v1/environments/{id}/history'),
  },
  'POST /v1/tokens': { kind: 'closed', calls: one('tokenId', '/v1/tokens', { subject: 'x', groups: ['team-alpha'] }) },
  'GET /v1/tokens': { kind: 'closed', calls: one('tokenId', '/v1/tokens') },
  'DELETE /v1/tokens/{id}': { kind: 'closed', calls: one('tokenId', '/v1/tokens/{id}') },
  'POST /v1/callbacks/{token}': {
    kind: 'hidden',
    calls: one('execution', '/v1/callbacks/{id}', { status: 'succeeded' }),
  },
  'POST /v1/artifacts/resolve': {
    kind: 'same',
    why: 'says what fits what it is given, and asks no store',
    body: {
      expectedArtifacts: [{ id: 'a', matchArtifact: { type: 'docker/image', name: 'registry.local/alpha-shop' } }],
      receivedArtifacts: [],
    },
  },
  'POST /v1/import/spinnaker': {
    kind: 'same',
    why: 'says what a file means, and asks no store',
    body: { application: 'a', name: 'x', stages: [{ type: 'pipeline', pipeline: 'alpha-shop', refId: '1' }] },
  },
  'POST /v1/import/flow': {
    kind: 'same',
    why: 'says what a file means, and asks no store',
    body: { name: 'x', sources: { up: { type: 'flowPipeline', flowPipeline: 'alpha-shop' } } },
  },
  'GET /v1/openapi.json': { kind: 'same', why: 'the same for everybody' },
  'GET /healthz': { kind: 'same', why: 'ready or not' },
};

const lines = allRoutes.map(({ method, path }) => `${method} ${path}`);

it('every route has a row', () => {
  expect(lines.toSorted()).toEqual(Object.keys(rows).toSorted());
});

describe.each(Object.entries(rows))('%s', (route, row) => {
  const method = route.split(' ')[0] ?? '';

  if (row.kind === 'same') {
    it(`is the same to both: ${row.why}`, async () => {
      const call = { method, path: route.split(' ')[1] ?? '', body: row.body };
      const [ann, ben] = [await teams.ask(teams.tokens.ann, call), await teams.ask(teams.tokens.ben, call)];
      expect(ben).toEqual(ann);
      expect(ben.text.replaceAll('alpha-shop', '')).not.toContain('alpha');
    });
    return;
  }

  if (row.kind === 'list') {
    it.each(row.paths)('%s leaves out what is of alpha, and no cursor or ETag tells of it', async (path) => {
      const call = { method, path: path.replace('{digest}', teams.alpha.digest) };
      expect(await everyPage(teams.tokens.ann, call)).toMatch(/alpha/);
      const seen = await everyPage(teams.tokens.ben, call);
      expectNothingOfAlpha(seen, call);
    });
    return;
  }

  it.each(row.calls)('$path ($thing)', async ({ thing, path, body }) => {
    const real = await asBen({ method, path, body }, teams.alpha[thing]);
    const other = row.kind === 'taken' ? nobodys[thing].replace('gamma', 'delta') : nobodys[thing];
    const absent = await asBen({ method, path, body }, other);
    if (row.kind === 'taken') {
      expect([real.status, absent.status]).toEqual([403, 201]);
      expectNothingOfAlpha(real.text.replaceAll(teams.alpha[thing], ''), { method, path });
      return;
    }
    expect(real).toEqual(absent);
    expect([200, 403, 404]).toContain(real.status);
    if (row.kind === 'closed') expect(real.status).toBe(403);
    // What is hidden from him is there.
    const asAnn = { method, path: path.replace('{id}', teams.alpha[thing]) };
    if (row.kind === 'hidden' && method === 'GET') {
      expect((await teams.ask(teams.tokens.ann, asAnn)).text).not.toBe(real.text);
    }
  });
});

/** One call of ben's, with what he named himself taken out of the answer. */
async function asBen({ method, path, body }: Call, id: string): Promise<Answer> {
  const filled = body === undefined ? undefined : JSON.parse(JSON.stringify(body).replaceAll('{id}', id));
  const answer = await teams.ask(teams.tokens.ben, { method, path: path.replace('{id}', id), body: filled });
  return { ...answer, text: answer.text.replaceAll(id, '{id}') };
}

/** All pages of a list as one text, cursors as they read when somebody looks into them. */
async function everyPage(token: string, call: Call): Promise<string> {
  const texts: string[] = [];
  let next: string | undefined;
  for (let pages = 0; pages < 50; pages++) {
    const path = next === undefined ? call.path : `${call.path}${call.path.includes('?') ? '&' : '?'}cursor=${next}`;
    const { status, text, headers } = await teams.ask(token, { ...call, path });
    expect(status).toBe(200);
    const page = JSON.parse(text);
    next = page.next;
    texts.push(text, JSON.stringify(headers), Buffer.from(next ?? '', 'base64url').toString('latin1'));
    if (next === undefined) return texts.join('\n');
    // A page that is short of its limit would tell how much was left out of it.
    expect(page.items.length).toBeGreaterThan(0);
  }
  throw new Error(`${call.path} does not end`);
}

function expectNothingOfAlpha(text: string, { path }: Call): void {
  const named = new Set([path, decodeURIComponent(path)].flatMap((part) => part.split(/[?=&]/)));
  const ids = Object.values(teams.alpha).filter((id) => ![...named].some((part) => part.includes(id)));
  for (const id of ids) expect(text).not.toContain(id);
  expect(text).not.toContain('alpha');
}

/** As ann sees it, and what the store has beyond that. */
async function everythingOfAlpha(): Promise<string> {
  const { executions, environments, artifacts, pipelines, accounts, receivers } = teams.scenario.ports;
  const { alpha } = teams;
  return JSON.stringify([
    await executions.list({ limit: 200 }),
    await executions.approval(alpha.approval),
    await environments.heads(alpha.environment),
    await artifacts.facts(alpha.artifact),
    await pipelines.head(alpha.pipeline),
    await accounts.list(),
    await receivers.list(),
    await teams.scenario.ports.tokens.list(),
  ]);
}

it('posting a file that is known already tells nothing of it', async () => {
  const { metadata: _, ...same } = alphaFile;
  const answer = await teams.ask(teams.tokens.ben, { method: 'POST', path: '/v1/artifacts', body: same });
  expect(answer.status).toBe(201);
  expect(JSON.parse(answer.text)).toMatchObject({ facts: [], metadata: {} });
});

it('naming the file of another team as a source opens none of its content', async () => {
  const { ann, ben } = teams.tokens;
  const config = { type: 'artifact', artifactType: alphaFile.type, name: alphaFile.name };
  const more = { owners: ['team-beta', 'team-alpha'], readers: ['team-beta'], sources: { config } };
  const body = { ...pipelineOf('beta', 'beta-config'), ...more, stages: { check: {} } };
  expect((await teams.ask(ben, { method: 'PUT', path: '/v1/pipelines/beta-config', body })).status).toBe(201);
  const get = (path: string) => ({ method: 'GET', path: `/v1/artifacts/${teams.alpha.file}${path}` });
  expect((await teams.ask(ben, get(''))).status).toBe(200);
  expect((await teams.ask(ben, get('/content'))).status).toBe(404);
  expect((await teams.ask(ann, get('/content'))).status).toBe(200);
  const put = await teams.ask(ben, { ...get('/content'), method: 'PUT', body: 'other bytes' });
  expect(put.status).toBe(409);
  const sha256 = createHash('sha256').update(JSON.stringify('content of alpha')).digest('hex');
  expect(put.text).not.toContain(sha256);
});

it('none of this changed anything of alpha', async () => {
  expect(await everythingOfAlpha()).toBe(before);
});

it('ann can do what ben cannot', async () => {
  const { alpha, tokens } = teams;
  const approve = { decision: 'approve', digests: [alpha.digest] };
  for (const [method, path, body, status] of [
    ['GET', `/v1/pipelines/${alpha.pipeline}`, undefined, 200],
    ['GET', `/v1/executions/${alpha.execution}`, undefined, 200],
    ['GET', `/v1/executions/${alpha.finished}/proof`, undefined, 200],
    ['GET', `/v1/deliveries/${alpha.delivery}`, undefined, 200],
    ['GET', `/v1/artifacts/${alpha.artifact}`, undefined, 200],
    ['POST', `/v1/executions/${alpha.failed}/retry`, {}, 202],
    ['POST', `/v1/approvals/${alpha.approval}/decisions`, { ...approve, digests: [] }, 409],
    ['POST', `/v1/pipelines/${alpha.pipeline}/executions`, {}, 202],
  ] as const) {
    expect([path, (await teams.ask(tokens.ann, { method, path, body })).status]).toEqual([path, status]);
  }
});
