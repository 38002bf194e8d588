import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type CallbackSink, startCallbackSink } from '../fixtures/callback-sink.ts';
import { type FixtureImage, ociImage, pushImage } from '../fixtures/oci-image.ts';
import { eventually, killTree } from '../fixtures/process-tree.ts';
import { type RunningService, startService } from '../fixtures/running-service.ts';
import { makeScenarioFolder, type ScenarioFolder } from '../fixtures/scenario-folder.ts';
import { thorough } from '../fixtures/thorough.ts';

const image: FixtureImage = ociImage({ 'index.html': 'waits' });
const free: FixtureImage = ociImage({ 'index.html': 'does not wait' });
const source = (repository: string) => ({
  image: { type: 'registry', repository: `registry.local/wait/${repository}`, on: ['push'] },
});
const shortMs = 4_000;
const approval = (timeout: string) => [{ approval: { groups: ['qa'], count: 1, timeout } }];

/** Every kind of wait at once, all begun by one push. */
function waits(sink: string): Readonly<Record<string, object>> {
  const asks = (path: string, timeout: string) => ({
    call: { step: 'webhook', with: { url: `${sink}${path}`, body: '$[sources.image]', wait: { timeout } } },
  });
  const deploys = (path: string) => ({
    deploy: { step: 'directory', with: { path, image: '$[sources.image]' } },
  });
  return {
    'called-back': { one: { steps: asks('/called-back', '1h') } },
    'never-called': { one: { steps: asks('/never-called', '4s') } },
    asked: { one: { gates: approval('1h') } },
    'never-asked': { one: { gates: approval('4s') } },
    tested: { one: { gates: [{ tests: { required: ['unit'], within: '1h' } }], steps: deploys('tested') } },
    'never-tested': { one: { gates: [{ tests: { required: ['never'], within: '4s' } }], steps: deploys('untested') } },
    forty: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`s${i}`, { gates: approval('1h') }])),
  };
}

interface Scene {
  readonly folder: ScenarioFolder;
  readonly sink: CallbackSink;
  readonly service: RunningService;
  readonly token: string;
}

async function startScene(env: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const [folder, sink] = await Promise.all([makeScenarioFolder(), startCallbackSink()]);
  const service = await startService({ dataDir: folder.path, env: { WAYBILL_OUTBOUND_ALLOW: sink.host, ...env } });
  const made = await service.call('POST', '/v1/tokens', { subject: 'quinn', groups: ['qa'] });
  return { folder, sink, service, token: made.json.token };
}

async function endScene({ folder, sink, service }: Scene): Promise<void> {
  await service.stop();
  await Promise.all([sink.close(), folder.remove()]);
}

async function put({ service }: Scene, name: string, stages: object, repository = 'app'): Promise<void> {
  const file = { name, sources: source(repository), stages };
  const { status, text } = await service.call('PUT', `/v1/pipelines/${name}`, file);
  expect([status, text]).toEqual([201, expect.any(String)]);
}

async function executionOf({ service }: Scene, pipeline: string) {
  const { json } = await service.call('GET', `/v1/executions?pipeline=${pipeline}`);
  const id = json?.items[0]?.id;
  return id === undefined ? undefined : (await service.call('GET', `/v1/executions/${id}`)).json;
}

async function endOf(scene: Scene, pipeline: string) {
  const isOver = async () => /succeeded|failed/.test((await executionOf(scene, pipeline))?.status ?? '');
  expect(await eventually(isOver, 15_000), `${pipeline} has ended`).toBe(true);
  return executionOf(scene, pipeline);
}

interface Pending {
  readonly id: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly requestedAt: string;
  readonly expiresAt: string;
}

async function pending({ service, token }: Scene): Promise<readonly Pending[]> {
  const { json } = await service.call('GET', '/v1/approvals?limit=200', undefined, { token });
  return json.items;
}

async function approve({ service, token }: Scene, { id }: Pending): Promise<void> {
  const body = { decision: 'approve', digests: [image.digest] };
  const { status, text } = await service.call('POST', `/v1/approvals/${id}/decisions`, body, { token });
  expect([status, text]).toEqual([200, expect.any(String)]);
}

/** Over when its time is over, whether or not the service was there then. */
function expectInTime(endedAt: string, due: number, readyAt: number): void {
  const late = Date.parse(endedAt) - due;
  expect(late).toBeGreaterThanOrEqual(0);
  expect(late).toBeLessThan(Math.max(0, readyAt - due) + 4_000);
}

describe.runIf(thorough)('waits over kill -9', () => {
  let scene: Scene;
  let before: readonly Pending[];
  let testsUntil: number;
  let readyAt: number;

  beforeAll(async () => {
    scene = await startScene();
    for (const [name, stages] of Object.entries(waits(scene.sink.url))) await put(scene, name, stages);
    await put(
      scene,
      'free',
      { one: { steps: { go: { step: 'directory', with: { path: 'free', image: '$[sources.image]' } } } } },
      'free',
    );
    await pushImage(image, { baseUrl: scene.service.baseUrl, repository: 'wait/app', tag: '1' });
    const isWaiting = async () => {
      const places = [await executionOf(scene, 'tested'), await executionOf(scene, 'never-tested')];
      const untils = places.map((one) => Date.parse(one?.stages[0].gates[0]?.until));
      testsUntil = untils[1] ?? Number.NaN;
      return (await pending(scene)).length === 42 && scene.sink.callbacks.size === 2 && untils.every(Number.isFinite);
    };
    expect(await eventually(isWaiting, 20_000)).toBe(true);
    before = (await pending(scene)).toSorted((a, b) => a.id.localeCompare(b.id));
    killTree(scene.service.pid);
    await scene.service.restart();
    readyAt = Date.now();
  }, 60_000);
  afterAll(() => endScene(scene));

  it('keeps every approval with its id and times', async () => {
    const long = (list: readonly Pending[]) => list.filter(({ pipeline }) => pipeline !== 'never-asked');
    expect(long(await pending(scene)).toSorted((a, b) => a.id.localeCompare(b.id))).toEqual(long(before));
    expect(long(before)).toHaveLength(41);
  });

  it('takes a callback that comes after it', async () => {
    const path = scene.sink.callbacks.get('/called-back') ?? '';
    const body = { status: 'succeeded' };
    const call = () => scene.service.call('POST', path, body, { token: null });
    expect((await call()).status).toBe(200);
    expect((await call()).status).toBe(200);
    expect(await endOf(scene, 'called-back')).toMatchObject({ status: 'succeeded' });
    const other = await scene.service.call('POST', path, { status: 'failed' }, { token: null });
    expect([other.status, other.json.code]).toEqual([410, 'gone']);
  });

  it('ends a callback that never comes when its time is over', async () => {
    const { stages } = await endOf(scene, 'never-called');
    const [step] = stages[0].jobs[0].steps;
    expect([step.status, step.error.code]).toEqual(['failed', 'stepTimeout']);
    expectInTime(step.endedAt, Date.parse(step.startedAt) + shortMs, readyAt);
  });

  it('goes on with an approval that comes after it, of that digest alone', async () => {
    const id = before.find(({ pipeline }) => pipeline === 'asked')?.id;
    const decide = async (body: object, token = scene.token) =>
      (await scene.service.call('POST', `/v1/approvals/${id}/decisions`, body, { token })).status;
    const approved = { decision: 'approve', digest: image.digest };
    expect(await decide(approved, scene.service.adminToken)).toBe(403);
    expect(await decide({ decision: 'approve', digest: free.digest })).toBe(409);
    expect(await decide({ decision: 'approve', digests: [image.digest, free.digest] })).toBe(409);
    expect(await decide({ decision: 'approve' })).toBe(409);
    expect(await decide(approved)).toBe(200);
    expect(await decide(approved)).toBe(200);
    expect([409, 410]).toContain(await decide({ decision: 'reject', digest: image.digest }));
    expect(await endOf(scene, 'asked')).toMatchObject({ status: 'succeeded' });
  });

  it('lets an approval expire when its time is over', async () => {
    const { stages, error } = await endOf(scene, 'never-asked');
    const asked = before.find(({ pipeline }) => pipeline === 'never-asked');
    expect(error.code).toBe('approvalExpired');
    expectInTime(stages[0].endedAt, Date.parse(asked?.expiresAt ?? ''), readyAt);
  });

  it('goes on with a fact that comes after it', async () => {
    const { json } = await scene.service.call('GET', `/v1/artifacts?digest=${image.digest}`);
    const fact = { kind: 'tested', name: 'unit', outcome: 'passed' };
    const posted = await scene.service.call('POST', `/v1/artifacts/${json.items[0].uuid}/facts`, fact);
    expect(posted.status).toBe(201);
    expect(await endOf(scene, 'tested')).toMatchObject({ status: 'succeeded' });
  });

  it('denies a fact that never came when its time is over', async () => {
    const { stages, error } = await endOf(scene, 'never-tested');
    expect(error.code).toBe('testsMissing');
    expectInTime(stages[0].endedAt, testsUntil, readyAt);
  });

  it('is not held up by forty stages that wait', async () => {
    await pushImage(free, { baseUrl: scene.service.baseUrl, repository: 'wait/free', tag: '1' });
    expect(await endOf(scene, 'free')).toMatchObject({ status: 'succeeded' });
    expect((await pending(scene)).filter(({ pipeline }) => pipeline === 'forty')).toHaveLength(40);
  });

  it('goes on with all of the forty', async () => {
    for (const one of before.filter(({ pipeline }) => pipeline === 'forty')) await approve(scene, one);
    expect(await endOf(scene, 'forty')).toMatchObject({ status: 'succeeded' });
  }, 30_000);
});

describe.runIf(thorough)('wakes that are lost', () => {
  it('are made good by the sweep', async () => {
    const scene = await startScene({ NODE_ENV: 'test', WAYBILL_DROP_WAKES: '1', WAYBILL_SWEEP_MS: '200' });
    onTestFinished(() => endScene(scene));
    const { asked = {}, 'called-back': calledBack = {} } = waits(scene.sink.url);
    await put(scene, 'asked', asked);
    await put(scene, 'called-back', calledBack);
    await pushImage(image, { baseUrl: scene.service.baseUrl, repository: 'wait/app', tag: '1' });
    const isWaiting = async () => (await pending(scene)).length === 1 && scene.sink.callbacks.size === 1;
    expect(await eventually(isWaiting, 10_000)).toBe(true);
    for (const one of await pending(scene)) await approve(scene, one);
    const path = scene.sink.callbacks.get('/called-back') ?? '';
    expect((await scene.service.call('POST', path, { status: 'succeeded' }, { token: null })).status).toBe(200);
    expect(await endOf(scene, 'asked')).toMatchObject({ status: 'succeeded' });
    expect(await endOf(scene, 'called-back')).toMatchObject({ status: 'succeeded' });
    expect(scene.service.output().log).toMatch(/"message":"sweep".*"woken":[1-9]/);
  }, 40_000);
});
