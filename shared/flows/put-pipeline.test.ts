import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, listeningTo, owner, pipelineFile, put, stranger, subscribed } from '../../test/fixtures/pipelines.ts';
import type { JsonObject } from '../domain/json.ts';
import type { PipelineStore } from '../ports/pipeline-store.ts';

const tables = useEmbeddedTables();

async function fresh(): Promise<PipelineStore> {
  return (await tables.fresh()).stores.pipelines;
}

async function versionOf(pipelines: PipelineStore, file: JsonObject): Promise<string> {
  const answer = await put(pipelines, file);
  if (answer.kind !== 'saved') throw new Error(JSON.stringify(answer));
  return answer.version;
}

/** The store, with every call told before and after: a test may throw there, or wait. */
function watched(store: PipelineStore, watch: (call: string, when: 'before' | 'after') => Promise<void> | void) {
  return new Proxy(store, {
    get(target, name, receiver) {
      const call: unknown = Reflect.get(target, name, receiver);
      if (typeof call !== 'function') return call;
      return async (...given: unknown[]) => {
        await watch(String(name), 'before');
        const answer: unknown = await Reflect.apply(call, target, given);
        await watch(String(name), 'after');
        return answer;
      };
    },
  });
}

describe('putting a pipeline', () => {
  it('creates, changes, and knows the same content again', async () => {
    const pipelines = await fresh();
    const first = await put(pipelines, pipelineFile());
    expect(first).toMatchObject({ kind: 'saved', created: true, name: 'shop' });
    const reordered = Object.fromEntries(Object.entries(pipelineFile()).toReversed());
    expect(await put(pipelines, reordered)).toEqual({ ...first, created: false });
    const second = await put(pipelines, pipelineFile({ description: 'two' }));
    expect(second).toMatchObject({ kind: 'saved', created: false });
    expect(await pipelines.head('shop')).toMatchObject({
      version: second.kind === 'saved' && second.version,
      owners: ['team-shop'],
      description: 'two',
      updatedBy: 'ann',
      updatedAt: fixedNow,
      deleted: false,
    });
    expect(await put(pipelines, pipelineFile())).toEqual({ ...first, created: false });
    expect(await pipelines.versions('shop')).toHaveLength(2);
  });

  it('names a version by 12 hex digits of the canonical content', async () => {
    expect(await versionOf(await fresh(), pipelineFile())).toMatch(/^[0-9a-f]{12}$/);
  });

  it('writes nothing for the same content, and what is missing of its subscriptions', async () => {
    const pipelines = await fresh();
    const version = await versionOf(pipelines, pipelineFile());
    const calls: string[] = [];
    const counted = watched(pipelines, (call, when) => {
      if (when === 'before') calls.push(call);
    });
    await put(counted, pipelineFile());
    expect(calls.filter((call) => /^(put|save)/.test(call))).toEqual([]);
    await pipelines.removeSubscriptions('shop', ['repository:r.example.com/shop'], undefined);
    await put(counted, pipelineFile());
    expect(calls.filter((call) => /^(put|save)/.test(call))).toEqual(['putSubscriptions']);
    expect(await subscribed(pipelines, ['r.example.com/shop'])).toEqual([
      `repository:r.example.com/shop image ${version}`,
    ]);
  });

  it('subscribes each source under its own key, also one that starts nothing', async () => {
    const pipelines = await fresh();
    const source = { type: 'registry', repository: 'r.example.com/a/**' };
    const sources = {
      a: source,
      b: { ...source, repository: 'r.example.com/b' },
      up: { type: 'pipeline', pipeline: 'ci' },
    };
    const version = await versionOf(pipelines, pipelineFile({ sources, stages: { check: {} } }));
    const found = await pipelines.subscriptions([
      'repository:r.example.com/a/',
      'repository:r.example.com/b',
      'pipeline:ci',
    ]);
    expect(found.map(({ key, source: id, rule }) => [key, id, rule.type]).toSorted()).toEqual([
      ['pipeline:ci', 'up', 'pipeline'],
      ['repository:r.example.com/a/', 'a', 'registry'],
      ['repository:r.example.com/b', 'b', 'registry'],
    ]);
    expect(new Set(found.map((one) => one.version))).toEqual(new Set([version]));
  });

  it('takes stale subscriptions away', async () => {
    const pipelines = await fresh();
    await put(pipelines, listeningTo('r.example.com/old'));
    const version = await versionOf(pipelines, listeningTo('r.example.com/new'));
    expect(await subscribed(pipelines, ['r.example.com/old', 'r.example.com/new'])).toEqual([
      `repository:r.example.com/new image ${version}`,
    ]);
  });
});

describe('who may', () => {
  it.each([
    ['create for own group', owner, pipelineFile(), 'saved'],
    ['create for another group', stranger, pipelineFile(), 'forbidden'],
    ['create as admin', admin, pipelineFile(), 'saved'],
    ['create for nobody named', owner, pipelineFile({ owners: ['waybill-operators'] }), 'forbidden'],
  ])('%s', async (_name, caller, file, kind) => {
    expect((await put(await fresh(), file, { caller })).kind).toBe(kind);
  });

  it('change: present owners, not those the new file names', async () => {
    const pipelines = await fresh();
    await put(pipelines, pipelineFile());
    const taken = pipelineFile({ owners: ['team-x'] });
    expect((await put(pipelines, taken, { caller: stranger })).kind).toBe('forbidden');
    expect((await put(pipelines, taken, { caller: owner })).kind).toBe('saved');
    expect((await put(pipelines, pipelineFile(), { caller: owner })).kind).toBe('forbidden');
    expect((await put(pipelines, pipelineFile(), { caller: admin })).kind).toBe('saved');
  });

  it('revive a deleted name: its last owners', async () => {
    const pipelines = await fresh();
    await put(pipelines, pipelineFile());
    const head = await pipelines.head('shop');
    if (head) await pipelines.saveHead({ ...head, deleted: true });
    expect((await put(pipelines, pipelineFile({ owners: ['team-x'] }), { caller: stranger })).kind).toBe('forbidden');
    expect(await put(pipelines, pipelineFile())).toMatchObject({ kind: 'saved', created: true });
    expect(await pipelines.head('shop')).toMatchObject({ deleted: false });
    expect(await subscribed(pipelines, ['r.example.com/shop'])).toHaveLength(1);
  });

  it('is asked before the faults of a file are told', async () => {
    const pipelines = await fresh();
    await put(pipelines, pipelineFile());
    expect((await put(pipelines, { name: 'shop', nonsense: 1 }, { caller: stranger })).kind).toBe('forbidden');
  });
});

describe('what is refused', () => {
  it('another name than the URL’s', async () => {
    const answer = await put(await fresh(), pipelineFile(), { name: 'other' });
    expect(answer).toEqual({
      kind: 'invalid',
      errors: [{ path: 'name', message: 'The file names "shop", the URL "other".' }],
    });
  });

  it('a faulty file, and leaves nothing behind', async () => {
    const pipelines = await fresh();
    expect(await put(pipelines, pipelineFile({ stages: {} }))).toMatchObject({
      kind: 'invalid',
      errors: [{ path: 'stages' }],
    });
    expect(await pipelines.head('shop')).toBeUndefined();
    expect(await pipelines.versions('shop')).toEqual([]);
  });
});

describe('the code of a refusal', () => {
  const rocket = { step: 'rocket', with: {} };
  const tagged = { step: 'tag', with: { image: 'nginx:1', tags: ['x'] } };

  it.each([
    ['one fault with a code', { a: rocket }, 'stepNotAvailable'],
    ['two of one code', { a: rocket, b: rocket }, 'stepNotAvailable'],
    ['two of different codes', { a: rocket, b: tagged }, undefined],
    ['one with and one without', { a: rocket, b: { step: 'tag', with: {} } }, undefined],
  ])('%s', async (_name, steps: JsonObject, code) => {
    const answer = await put(await fresh(), pipelineFile({ stages: { pre: { steps } } }));
    expect(answer.kind === 'invalid' && [answer.code]).toEqual([code]);
  });
});

describe('what the store says', () => {
  const failing = (over: Partial<PipelineStore>, pipelines: PipelineStore): PipelineStore => ({
    ...pipelines,
    ...over,
  });

  it('gives up when the head never stands still', async () => {
    const pipelines = failing({ saveHead: async () => undefined }, await fresh());
    await expect(put(pipelines, pipelineFile())).rejects.toMatchObject({ code: 'conflict', retryable: true });
  });

  it('refuses another content under the same twelve digits', async () => {
    const real = await fresh();
    const version = await versionOf(real, pipelineFile());
    const there = await real.version('shop', version);
    if (!there) throw new Error('not there');
    const file = { ...pipelineFile(), description: 'forged' };
    const forged = failing({ version: async () => ({ ...there, file }), head: async () => undefined }, real);
    await expect(put(forged, pipelineFile())).rejects.toMatchObject({ code: 'conflict', retryable: false });
  });
});

describe('other pipelines', () => {
  const starting = (target: string, over: JsonObject = {}) =>
    pipelineFile({ stages: { go: { steps: { next: { step: 'pipeline', with: { pipeline: target } } } } }, ...over });
  const following = (upstream: string, over: JsonObject = {}) =>
    pipelineFile({ sources: { up: { type: 'pipeline', pipeline: upstream } }, stages: { check: {} }, ...over });
  const onSuccessOf = (upstream: string, over: JsonObject = {}) =>
    following(upstream, { sources: { up: { type: 'pipeline', pipeline: upstream, on: ['buildSuccess'] } }, ...over });
  const other = (over: JsonObject = {}) => pipelineFile({ name: 'other', ...over });
  const path = 'stages.go.steps.next.with.pipeline';

  it.each([
    ['starts one with a common owner', other({ owners: ['team-y', 'team-shop'] }), starting('other'), []],
    ['starts one without', other({ owners: ['team-y'] }), starting('other'), [path]],
    ['starts none', other(), starting('nobody'), [path]],
    [
      'starts one from a job',
      other({ owners: ['team-y'] }),
      pipelineFile({
        stages: { go: { jobs: { main: { steps: { next: { step: 'pipeline', with: { pipeline: 'other' } } } } } } },
      }),
      ['stages.go.jobs.main.steps.next.with.pipeline'],
    ],
    ['follows one that all may read', other({ owners: ['team-y'] }), following('other', { readers: [] }), []],
    [
      'follows one with a common reader',
      other({ owners: ['team-y'], readers: ['sre'] }),
      following('other', { readers: ['sre'] }),
      [],
    ],
    [
      'follows one without',
      other({ owners: ['team-y'], readers: [] }),
      following('other', { readers: ['sre'] }),
      ['sources.up.pipeline'],
    ],
    ['follows a build system’s', other(), following('jenkins/main'), []],
    ['starts one that starts it', starting('shop', { name: 'other' }), starting('other'), [path]],
    ['starts one that its success starts, too', onSuccessOf('shop', { name: 'other' }), starting('other'), []],
    [
      'starts one whose success starts it',
      other(),
      { ...starting('other'), sources: onSuccessOf('other').sources ?? {} },
      ['sources.up.pipeline'],
    ],
    [
      'is started by the success of one that its own starts',
      onSuccessOf('shop', { name: 'other' }),
      onSuccessOf('other'),
      ['sources.up.pipeline'],
    ],
    [
      'binds the last build of one that its success starts',
      onSuccessOf('shop', { name: 'other' }),
      following('other'),
      [],
    ],
  ])('%s', async (_name, neighbour, file, paths) => {
    const pipelines = await fresh();
    await put(pipelines, pipelineFile(), { caller: admin });
    expect((await put(pipelines, neighbour, { caller: admin })).kind).toBe('saved');
    const answer = await put(pipelines, file);
    expect(answer.kind === 'invalid' ? answer.errors.map((error) => error.path) : []).toEqual(paths);
  });

  it('finds a circle through others', async () => {
    const pipelines = await fresh();
    await put(pipelines, pipelineFile());
    await put(pipelines, starting('shop', { name: 'c' }));
    await put(pipelines, starting('c', { name: 'b' }));
    expect(await put(pipelines, starting('b'))).toMatchObject({
      kind: 'invalid',
      errors: [{ path, message: 'a circle: "b" starts "shop" again, directly or through others' }],
    });
  });

  it('does not start a deleted one', async () => {
    const pipelines = await fresh();
    await put(pipelines, other());
    const head = await pipelines.head('other');
    if (head) await pipelines.saveHead({ ...head, deleted: true });
    expect((await put(pipelines, starting('other'))).kind).toBe('invalid');
  });
});

describe('dying and meeting others', () => {
  const before = listeningTo('r.example.com/old');
  const after = listeningTo('r.example.com/new');
  const repositories = ['r.example.com/old', 'r.example.com/new'];

  /** Promise of the order of effects: whatever the head says is subscribed. */
  async function presentIsSubscribed(pipelines: PipelineStore): Promise<boolean> {
    const head = await pipelines.head('shop');
    const found = await subscribed(pipelines, repositories);
    return head !== undefined && found.some((one) => one.endsWith(head.version));
  }

  it('loses no event wherever it dies, and the same put completes it', async () => {
    let died = 0;
    for (let point = 0; ; point++) {
      const pipelines = await fresh();
      await put(pipelines, before);
      let left = point;
      const dying = watched(pipelines, () => {
        if (left-- === 0) throw new Error('died');
      });
      const survived = await put(dying, after).then(
        () => true,
        () => false,
      );
      expect(await presentIsSubscribed(pipelines)).toBe(true);
      const version = await versionOf(pipelines, after);
      expect(await subscribed(pipelines, repositories)).toEqual([`repository:r.example.com/new image ${version}`]);
      if (survived) break;
      died += 1;
    }
    expect(died).toBeGreaterThan(15);
  }, 60_000);

  it('leaves the subscriptions of the one that won, whichever point another comes in at', async () => {
    let met = 0;
    for (let point = 0; ; point++) {
      const pipelines = await fresh();
      await put(pipelines, pipelineFile());
      let left = point;
      const interrupted = watched(pipelines, async () => {
        if (left-- === 0) expect((await put(pipelines, before)).kind).toBe('saved');
      });
      expect((await put(interrupted, after)).kind).toBe('saved');
      const head = await pipelines.head('shop');
      const found = await subscribed(pipelines, [...repositories, 'r.example.com/shop']);
      expect(found.map((one) => one.split(' ').at(-1))).toEqual([head?.version]);
      if (left >= 0) break;
      met += 1;
    }
    expect(met).toBeGreaterThan(15);
  }, 60_000);

  it('leaves the subscriptions of the one that won, in any interleaving', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const pipelines = await fresh();
        await put(pipelines, pipelineFile());
        const slowed = watched(pipelines, async (call, when) => {
          await scheduler.schedule(Promise.resolve(), `${when} ${call}`);
        });
        await scheduler.waitFor(Promise.all([put(slowed, before), put(slowed, after)]));
        const head = await pipelines.head('shop');
        const found = await subscribed(pipelines, [...repositories, 'r.example.com/shop']);
        expect(found.map((one) => one.split(' ').at(-1))).toEqual([head?.version]);
      }),
      { numRuns: 10 },
    );
  }, 60_000);
});
