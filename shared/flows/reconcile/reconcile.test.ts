import { describe, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import { admin, createIntake } from '../../../test/fixtures/intake.ts';
import type { Digest } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import type { Json } from '../../domain/json.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ListedTag } from '../../ports/registry-listing.ts';
import { listReceivers } from '../list-receivers.ts';
import { processDelivery } from '../process-delivery.ts';
import { reconcile } from './reconcile.ts';

const tables = useEmbeddedTables();
const host = 'registry.example.com';
const repository = `${host}/team/shop`;
const minute = 60_000;
const hour = 60 * minute;

/** A registry whose tags the test moves; `withDigests` lists them as ECR does. */
async function shop(options: { readonly withDigests?: boolean; readonly source?: Json; readonly host?: string } = {}) {
  const intake = await createIntake(tables);
  const tags = new Map<string, Map<string, Digest>>();
  const calls = { lists: [] as string[], hints: [] as string[], askers: new Set<string>() };
  let fault: Failure | undefined;
  const now = () => intake.ports.clock.now();
  const ports: Ports = {
    ...intake.ports,
    registry: {
      ...intake.ports.registry,
      async resolveTag(of, tag) {
        if (!tags.get(of)?.has(tag)) throw new Failure('manifestUnknown', `${tag} is gone.`);
        return intake.registry.resolveTag(of, tag);
      },
    },
    listing: {
      hasOwnRights: (asked) => asked.startsWith('own.'),
      async tags(of, { cursor, asker }) {
        calls.lists.push(`${of}${cursor ?? ''}`);
        calls.askers.add(asker.pipelines.join());
        if (fault !== undefined) throw fault;
        const all = [...(tags.get(of) ?? [])].sort();
        const start = Number(cursor ?? 0);
        const items = all
          .slice(start, start + 2)
          .map(([tag, digest]): ListedTag => (options.withDigests ? { tag, digest } : { tag }));
        return start + 2 < all.length ? { items, next: String(start + 2) } : { items };
      },
      async hint(of, tag) {
        calls.hints.push(tag);
        if (tag === 'listed-only') throw new Failure('manifestUnknown', 'It went.');
        return tag === 'no-header' ? undefined : tags.get(of)?.get(tag);
      },
    },
  };
  const account = { type: 'registry', insecure: false, updatedAt: 0, rev: 0 } as const;
  await ports.accounts.save({ ...account, name: 'reg', host });
  const source = options.source ?? { type: 'registry', repository, on: ['push'], tags: { exclude: ['tmp-*'] } };
  await intake.pipeline('shop', { image: source });
  return {
    intake,
    ports,
    calls,
    fail: (error: Failure | undefined) => {
      fault = error;
    },
    /** Pushed to the registry, without a word to us. */
    push(tag: string, label = tag, of = repository) {
      const digest = intake.registry.put(of, { tag, labels: { label } });
      const known = tags.get(of) ?? new Map();
      tags.set(of, known.set(tag, digest));
      return digest;
    },
    remove: (tag: string) => tags.get(repository)?.delete(tag),
    run: (forMs = minute) => reconcile(ports, { everyMs: hour, forMs }),
    /** Lets time pass, with a run every five minutes. */
    async pass(ms: number) {
      let gaps = 0;
      for (let left = ms; left > 0; left -= 5 * minute) {
        intake.setTime(now() + Math.min(left, 5 * minute));
        gaps += (await reconcile(ports, { everyMs: hour, forMs: minute })).gaps;
      }
      return gaps;
    },
    async deliveries() {
      const { items } = await ports.deliveries.list({ receivers: ['reconciled'], limit: 50 });
      for (const { id } of items) await processDelivery(ports, id);
      return items;
    },
    receiver: (name: string, of: string) =>
      ports.receivers.save({
        ...{ name, type: 'waybill', hookId: name, repositories: [of], allowUnsigned: false, settings: {} },
        ...{ createdAt: 0, refusedProofs: 0, failures: 0, rev: 0 },
      }),
  };
}

describe.each([{ withDigests: true }, { withDigests: false }])('a registry that lists %j', (options) => {
  it('has pushed what nobody told of: a delivery, once, and a run', async () => {
    const { push, run, pass, deliveries, intake, calls } = await shop(options);
    push('old');
    expect(await run()).toEqual({ checked: 1, gaps: 0 });
    const digest = push('1.0');
    expect(await pass(hour)).toBe(0);
    expect(await pass(5 * minute)).toBe(1);
    expect(await deliveries()).toMatchObject([
      { receiver: 'reconciled', signed: true, events: [{ kind: 'push', repository, tag: '1.0', digest }] },
    ]);
    expect(await intake.executions('shop')).toMatchObject([{ trigger: { type: 'push', tag: '1.0' } }]);
    expect(await pass(3 * hour)).toBe(0);
    expect(await deliveries()).toHaveLength(1);
    expect(calls.askers).toEqual(new Set(['shop']));
  });

  it('leaves its event the time to come', async () => {
    const { push, run, pass, deliveries, intake } = await shop(options);
    await run();
    const digest = push('1.0');
    await pass(hour);
    await intake.happen('told', { kind: 'push', repository, tag: '1.0', digest });
    expect(await pass(2 * hour)).toBe(0);
    expect(await deliveries()).toEqual([]);
  });

  it('has moved a tag that was recorded: the earlier image says so', async () => {
    const { push, run, pass, deliveries, intake, ports } = await shop(options);
    const first = push('1.0', 'a');
    await intake.happen('told', { kind: 'push', repository, tag: '1.0', digest: first });
    await run();
    const second = push('1.0', 'b');
    expect(await pass(hour + 5 * minute)).toBe(1);
    await deliveries();
    expect(await ports.artifacts.tag(repository, '1.0')).toMatchObject({ digest: second });
    const { items } = await ports.artifacts.byVersion(first, { limit: 1 });
    const facts = await ports.artifacts.facts(items[0]?.artifact.uuid ?? '');
    expect(facts).toContainEqual(expect.objectContaining({ kind: 'tagMoved', tag: '1.0', to: second }));
    expect(await pass(2 * hour)).toBe(0);
  });

  it('moved a tag before anybody watched it, after it was recorded', async () => {
    const { push, run, pass, intake } = await shop(options);
    const first = push('1.0', 'a');
    await intake.happen('told', { kind: 'push', repository, tag: '1.0', digest: first });
    push('1.0', 'b');
    await run();
    expect(await pass(5 * minute)).toBe(1);
  });

  it('says nothing of tags that no rule admits, or that went again', async () => {
    const { push, remove, run, pass } = await shop(options);
    await run();
    push('tmp-1');
    push('gone');
    await pass(hour);
    remove('gone');
    expect(await pass(hour)).toBe(0);
  });

  it('has old tags that a source admits only later: they are not new', async () => {
    const { push, run, pass, intake } = await shop(options);
    push('tmp-1');
    await run();
    push('tmp-2');
    await pass(hour);
    await intake.pipeline('shop', { image: { type: 'registry', repository, on: ['push'] } });
    expect(await pass(2 * hour)).toBe(0);
    push('tmp-3');
    expect(await pass(hour + 5 * minute)).toBe(1);
  });

  it('is counted by the receivers that should have told', async () => {
    const { push, run, pass, receiver, ports, intake } = await shop(options);
    await receiver('mine', `${host}/team/*`);
    await receiver('other', `${host}/other/*`);
    await run();
    push('1.0');
    push('2.0');
    await pass(hour + 5 * minute);
    const seen = await listReceivers(ports, admin);
    expect(seen?.map(({ name, gaps, lastGapAt }) => [name, gaps, lastGapAt])).toEqual([
      ['mine', 2, intake.ports.clock.now()],
      ['other', undefined, undefined],
    ]);
  });
});

describe('reconciling', () => {
  it('reads every page, and asks for each tag once', async () => {
    const { push, run, calls } = await shop();
    for (const tag of ['a', 'b', 'c', 'd', 'e']) push(tag);
    await run();
    expect(calls.lists).toEqual([repository, `${repository}2`, `${repository}4`]);
    expect(calls.hints.sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('writes what it saw only where that changed, whatever tags are called', async () => {
    const { push, run, pass, ports } = await shop();
    for (const tag of ['__proto__', 'constructor', '1.0']) push(tag);
    await run();
    expect((await ports.watches.seen(repository)).size).toBe(3);
    let saves = 0;
    const { watches } = ports;
    const saveSeen: Ports['watches']['saveSeen'] = async (...given) => {
      saves += 1;
      return watches.saveSeen(...given);
    };
    Object.assign(ports, { watches: { ...watches, saveSeen } });
    await pass(2 * hour);
    expect(saves).toBe(0);
    push('__proto__', 'other bytes');
    expect(await pass(hour + 5 * minute)).toBe(1);
    expect(saves).toBe(1);
  });

  it('asks for the bytes where the headers say nothing, and passes over what went', async () => {
    const { push, run, pass, deliveries } = await shop();
    await run();
    const digest = push('no-header');
    push('listed-only');
    expect(await pass(hour + 5 * minute)).toBe(1);
    expect(await deliveries()).toMatchObject([{ events: [{ tag: 'no-header', digest }] }]);
  });

  it('asks for no more tags at a look than it may, and for the others at the next', async () => {
    const { push, run, pass, calls } = await shop();
    const names = Array.from({ length: 250 }, (_, index) => `t${String(index).padStart(3, '0')}`);
    for (const tag of names) push(tag, 'same');
    await run();
    expect(calls.hints).toEqual(names.slice(0, 200));
    calls.hints.length = 0;
    push('new');
    await pass(hour);
    expect(calls.hints).toEqual(['new', ...names.slice(200), ...names.slice(0, 149)]);
  });

  it('is shared by runs at once: one look, one delivery', async () => {
    const { push, run, pass, deliveries, calls, intake } = await shop();
    await Promise.all([run(), run(), run()]);
    expect(calls.lists).toHaveLength(1);
    push('1.0');
    await pass(hour);
    intake.setTime(intake.ports.clock.now() + 5 * minute);
    const runs = await Promise.all([run(), run(), run()]);
    expect(runs.reduce((sum, { gaps }) => sum + gaps, 0)).toBe(1);
    expect(await deliveries()).toHaveLength(1);
  });

  it('that dies after a gap was delivered delivers it no second time', async () => {
    const { push, run, pass, deliveries, intake, ports } = await shop();
    await run();
    push('1.0');
    await pass(hour);
    intake.setTime(intake.ports.clock.now() + 5 * minute);
    let saves = 0;
    const save: Ports['watches']['save'] = async (watched) => {
      saves += 1;
      if (saves === 2) throw new Error('dead');
      return ports.watches.save(watched);
    };
    const dying = { ...ports, watches: { ...ports.watches, save } };
    expect(await reconcile(dying, { everyMs: hour, forMs: minute })).toEqual({ checked: 0, gaps: 0 });
    expect((await ports.deliveries.list({ receivers: ['reconciled'], limit: 9 })).items).toHaveLength(1);
    await pass(10 * minute);
    expect(await deliveries()).toHaveLength(1);
    expect(await pass(2 * hour)).toBe(0);
  });

  it('does not look again before its time', async () => {
    const { run, pass, calls } = await shop();
    await run();
    await pass(hour - minute);
    expect(calls.lists).toHaveLength(1);
    await pass(minute);
    expect(calls.lists).toHaveLength(2);
  });

  it('backs off from a registry that asks for it, and forgets nothing', async () => {
    const { run, fail, pass, push, calls } = await shop();
    await run();
    push('1.0');
    fail(new Failure('registryUnavailable', '429', { details: { retryAfterMs: 30 * minute } }));
    await pass(hour + 29 * minute);
    expect(calls.lists).toHaveLength(2);
    fail(undefined);
    expect(await pass(10 * minute)).toBe(1);
  });

  it('asks a registry that refuses at the usual time only', async () => {
    const { run, fail, pass, calls, ports } = await shop();
    fail(new Failure('registryDenied', 'no'));
    await run();
    await pass(hour - minute);
    expect(calls.lists).toHaveLength(1);
    expect(await ports.watches.find(repository)).toMatchObject({ failures: 1, error: { code: 'registryDenied' } });
  });

  it.each([
    ['registry.local/team/shop', 0],
    ['unknown.example.com/team/shop', 0],
    ['own.example.com/team/shop', 1],
  ])('looks at %s: %i', async (of, lists) => {
    const { run, calls } = await shop({ source: { type: 'registry', repository: of, on: ['push'] } });
    await run();
    expect(calls.lists).toHaveLength(lists);
  });

  it('knows of wildcards what came before', async () => {
    const { run, calls, intake, push } = await shop({
      source: { type: 'registry', repository: `${host}/team/*`, on: ['push'] },
    });
    await run();
    expect(calls.lists).toEqual([]);
    await intake.happen('told', { kind: 'push', repository, tag: '1.0', digest: push('1.0') });
    intake.setTime(intake.ports.clock.now() + hour);
    await run();
    expect(calls.lists).toEqual([repository]);
  });

  it('drops what no source names any more', async () => {
    const { run, pass, calls, intake, ports } = await shop();
    await run();
    await intake.pipeline('shop', { image: { type: 'registry', repository: `${host}/team/other`, on: ['push'] } });
    await pass(hour);
    expect(calls.lists).toEqual([repository, `${host}/team/other`]);
    expect(await ports.watches.find(repository)).toBeUndefined();
  });

  it('begins nothing after its time', async () => {
    const { run, calls } = await shop();
    expect(await run(0)).toEqual({ checked: 0, gaps: 0 });
    expect(calls.lists).toEqual([]);
  });
});
