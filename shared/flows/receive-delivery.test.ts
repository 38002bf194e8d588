import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { admin, createIntake, type Intake } from '../../test/fixtures/intake.ts';
import type { Caller } from '../domain/caller.ts';
import { deleteReceiver } from './delete-receiver.ts';
import { findDelivery, listDeliveries } from './list-deliveries.ts';
import { listReceivers } from './list-receivers.ts';
import { processDelivery } from './process-delivery.ts';
import { putReceiver, type ReceiverInput } from './put-receiver.ts';
import { receiveDelivery } from './receive-delivery.ts';
import { replayDelivery } from './replay-delivery.ts';

const tables = useEmbeddedTables();
const secret = 'Bearer 0123456789abcdef';
const digest = `sha256:${'1'.repeat(64)}`;
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const notification = (id: string, repository = 'team/shop', tag = '1.0') => ({
  id,
  timestamp: '2026-11-20T10:00:00Z',
  action: 'push',
  target: { mediaType, digest, repository, tag },
  request: { host: 'registry.example.com' },
});
const someone: Caller = { subject: 'sue', groups: ['dev'] };

async function withDoor(more: Partial<ReceiverInput> = {}) {
  const intake = await createIntake(tables);
  const body = { type: 'distribution', repositories: ['registry.example.com/team/**'], secret, ...more };
  const answer = await putReceiver(intake.ports, { caller: admin, name: 'hub', body });
  if (answer.kind !== 'created') throw new Error(JSON.stringify(answer));
  return { intake, hookId: answer.receiver.hookId, url: answer.url };
}

function call(intake: Intake, hookId: string, given: { body?: string; headers?: Record<string, string> } = {}) {
  const headers = { authorization: secret, 'content-type': 'application/json', ...given.headers };
  const body = new TextEncoder().encode(given.body ?? JSON.stringify({ events: [notification('1')] }));
  return receiveDelivery(intake.ports, {
    hookId,
    raw: { headers, query: {}, body, receivedAt: intake.ports.clock.now() },
  });
}

describe('answers, in the order of the contract', () => {
  it.each([
    ['all well', {}, { kind: 'accepted', deliveryId: expect.stringMatching(/^dlv_[0-9a-f]{32}$/), events: 1 }],
    [
      'a wrong proof, type and form',
      { headers: { authorization: 'x', 'content-type': 'text/html' }, body: '{' },
      { kind: 'unproven' },
    ],
    [
      'a wrong type and form',
      { headers: { 'content-type': 'text/html' }, body: '{' },
      { kind: 'unsupportedMediaType' },
    ],
    ['a wrong form', { body: '{' }, { kind: 'malformed' }],
    [
      'a type with a parameter',
      { headers: { 'content-type': 'Application/JSON; charset=utf-8' } },
      { kind: 'accepted' },
    ],
    ['nothing of interest', { body: '{"events":[]}' }, { kind: 'accepted', events: 0 }],
  ])('%s', async (_, given, expected) => {
    const { intake, hookId } = await withDoor();
    expect(await call(intake, hookId, given)).toMatchObject(expected);
  });

  it('of an unknown hook says only that', async () => {
    const { intake } = await withDoor();
    expect(await call(intake, 'nope', { headers: { authorization: 'x' } })).toEqual({ kind: 'unknownHook' });
  });

  it('counts refused proofs and stores nothing of them', async () => {
    const { intake, hookId } = await withDoor();
    await call(intake, hookId, { headers: { authorization: 'x' } });
    expect(await listReceivers(intake.ports, admin)).toMatchObject([
      { name: 'hub', refusedProofs: 1, lastDeliveryAt: undefined },
    ]);
    expect((await listDeliveries(intake.ports, { caller: admin, limit: 10 })).items).toEqual([]);
  });
});

describe('a duplicate', () => {
  it('answers the first id, and is offered again only while it waits', async () => {
    const { intake, hookId } = await withDoor();
    const first = await call(intake, hookId);
    intake.setTime(fixedNow + 1000);
    expect(await call(intake, hookId)).toEqual(first);
    const id = first.kind === 'accepted' ? first.deliveryId : '';
    expect(intake.sent).toEqual([id, id]);
    await processDelivery(intake.ports, id);
    expect(await call(intake, hookId)).toEqual(first);
    expect(intake.sent).toEqual([id, id]);
    expect(await intake.ports.deliveries.find(id)).toMatchObject({ receivedAt: fixedNow });
  });

  it('is durable although the queue is down', async () => {
    const { intake, hookId } = await withDoor();
    const queue = { send: async () => Promise.reject(new Error('down')) };
    const ports = { ...intake.ports, queue };
    const answer = await call({ ...intake, ports }, hookId);
    expect(answer).toMatchObject({ kind: 'accepted' });
    expect(await intake.ports.deliveries.pending(fixedNow + 1, 10)).toHaveLength(1);
  });

  it('costs one write', async () => {
    const { intake, hookId } = await withDoor();
    await call(intake, hookId);
    const writes: string[] = [];
    const deliveries = new Proxy(intake.ports.deliveries, {
      get: (target, name, self) => {
        writes.push(String(name));
        return Reflect.get(target, name, self);
      },
    });
    await receiveDelivery(
      { ...intake.ports, deliveries },
      {
        hookId,
        raw: {
          headers: { authorization: secret, 'content-type': 'application/json' },
          query: {},
          body: new TextEncoder().encode(JSON.stringify({ events: [notification('2')] })),
          receivedAt: fixedNow,
        },
      },
    );
    expect(writes).toEqual(['accept']);
  });
});

describe('what a receiver may speak of', () => {
  it.each([
    ['inside', ['registry.example.com/team/**'], undefined, 'team/shop', false],
    ['outside', ['registry.example.com/other/*'], undefined, 'team/shop', true],
    ['the embedded registry by a wildcard', ['**'], undefined, 'team/shop', false],
  ] as const)('%s', async (_, repositories, registry, repository, refused) => {
    const { intake, hookId } = await withDoor({ repositories, registry });
    const answer = await call(intake, hookId, { body: JSON.stringify({ events: [notification('1', repository)] }) });
    const id = answer.kind === 'accepted' ? answer.deliveryId : '';
    await processDelivery(intake.ports, id);
    const view = await findDelivery(intake.ports, { caller: admin, id });
    expect(view?.matches.map(({ reason }) => reason)).toEqual(refused ? ['notAllowed'] : []);
    const known = await intake.ports.artifacts.byVersion(digest, { limit: 1 });
    expect(known.items).toHaveLength(refused ? 0 : 1);
    expect(view?.delivery.status).toBe('processed');
  });

  it.each([
    [['**'], true],
    [['*/team/shop'], true],
    [['registry.local/team/shop'], false],
    [['registry.local/**'], false],
  ])('%j names the embedded registry: refused %s', async (repositories, refused) => {
    const { intake, hookId } = await withDoor({ repositories });
    const event = { ...notification('1'), request: { host: 'registry.local' } };
    await call(intake, hookId, { body: JSON.stringify({ events: [event] }) });
    const { items } = await listDeliveries(intake.ports, { caller: admin, limit: 10 });
    expect(items[0]?.delivery.refusals.length).toBe(refused ? 1 : 0);
  });
});

describe('rotation', () => {
  it('takes both secrets, then the new one only; the URL stays', async () => {
    const { intake, hookId, url } = await withDoor();
    const next = 'Bearer fedcba9876543210';
    const put = (given: string | readonly string[]) =>
      putReceiver(intake.ports, {
        caller: admin,
        name: 'hub',
        body: { type: 'distribution', repositories: ['**'], secret: given },
      });
    const kinds = async () => [
      (await call(intake, hookId)).kind,
      (await call(intake, hookId, { headers: { authorization: next } })).kind,
    ];
    expect(await kinds()).toEqual(['accepted', 'unproven']);
    expect(await put([next, secret])).toMatchObject({ kind: 'updated', url });
    expect(await kinds()).toEqual(['accepted', 'accepted']);
    await put(next);
    expect(await kinds()).toEqual(['unproven', 'accepted']);
    expect(await deleteReceiver(intake.ports, { caller: admin, name: 'hub' })).toBe('deleted');
    expect(await call(intake, hookId)).toEqual({ kind: 'unknownHook' });
    expect(await intake.ports.secrets.get('receiver/hub')).toBeUndefined();
  });
});

describe('putting a receiver', () => {
  const good = { type: 'distribution', repositories: ['**'], secret };
  it.each([
    ['an unknown type', 'x', { ...good, type: 'nope' }, ['type']],
    ['a reserved name', 'api', good, ['name']],
    ['a bad name', 'A b', good, ['name']],
    ['no secret', 'x', { ...good, secret: undefined }, ['secret']],
    ['three secrets', 'x', { ...good, secret: [secret, secret, secret] }, ['secret']],
    ['a short secret', 'x', { ...good, secret: 'short' }, ['secret']],
    ['a secret of another kind', 'x', { ...good, type: 'waybill' }, ['secret']],
    ['no repositories', 'x', { ...good, repositories: [] }, ['repositories']],
    ['a repository without host', 'x', { ...good, repositories: ['shop', '**'] }, ['repositories[0]']],
    ['the embedded registry as its host', 'x', { ...good, registry: 'registry.local' }, ['registry']],
    ['a host that is none', 'x', { ...good, registry: 'https://r.example.com' }, ['registry']],
    ['no proof wanted', 'x', { ...good, allowUnsigned: true }, ['allowUnsigned']],
    [
      'everything wrong',
      '',
      { type: '', repositories: [], registry: '' },
      ['name', 'type', 'repositories', 'registry'],
    ],
  ])('%s', async (_, name, body, paths) => {
    const intake = await createIntake(tables);
    const answer = await putReceiver(intake.ports, { caller: admin, name, body });
    expect(answer.kind === 'invalid' ? answer.errors.map(({ path }) => path) : answer).toEqual(paths);
    expect(JSON.stringify(answer)).not.toContain(secret);
  });

  it('is for operators and admins', async () => {
    const intake = await createIntake(tables);
    const put = (caller: Caller) => putReceiver(intake.ports, { caller, name: 'x', body: good });
    expect(await put(someone)).toEqual({ kind: 'forbidden' });
    expect(await put({ subject: 'o', groups: ['waybill-operators'] })).toMatchObject({ kind: 'created' });
    expect(await listReceivers(intake.ports, someone)).toBeUndefined();
  });
});

describe('who sees a delivery', () => {
  it('readers of a pipeline that met it, and of its rows only theirs', async () => {
    const intake = await createIntake(tables);
    const repository = 'registry.local/team/shop';
    const image = { type: 'registry', repository };
    await intake.pipeline('open', { image });
    await intake.pipeline('closed', { image }, { owners: ['ops'], readers: ['ops'] });
    const met = await intake.happen('1', { kind: 'delete', repository, tag: '1.0' });
    const unmet = await intake.happen('2', { kind: 'delete', repository: 'registry.local/else/where', tag: '1.0' });
    const seen = async (caller: Caller, id: string) =>
      (await findDelivery(intake.ports, { caller, id }))?.matches.map(({ pipeline }) => pipeline).sort();
    expect(await seen(admin, met)).toEqual(['closed', 'open']);
    expect(await seen(someone, met)).toEqual(['open']);
    expect(await seen(admin, unmet)).toEqual([]);
    expect(await seen(someone, unmet)).toBeUndefined();
    const listed = await listDeliveries(intake.ports, { caller: someone, limit: 10 });
    expect(listed.items.map(({ delivery }) => delivery.id)).toEqual([met]);
    expect(await replayDelivery(intake.ports, { caller: someone, id: met })).toEqual({ kind: 'forbidden' });
    expect(await replayDelivery(intake.ports, { caller: someone, id: unmet })).toEqual({ kind: 'notFound' });
  });
});

describe('replay', () => {
  it('asks rules that said no anew, and changes nothing that was started', async () => {
    const intake = await createIntake(tables);
    const repository = 'registry.local/team/shop';
    const image = { type: 'registry', repository, on: ['push'] };
    await intake.pipeline('yes', { image });
    await intake.pipeline('late', { image: { ...image, tags: { include: ['v*'] } } });
    const put = intake.registry.put(repository, { tag: '1.0' });
    const id = await intake.happen('1', { kind: 'push', repository, digest: put, tag: '1.0' });
    const replay = async () => {
      expect(await replayDelivery(intake.ports, { caller: admin, id })).toEqual({ kind: 'replayed', deliveryId: id });
      expect(await intake.ports.deliveries.find(id)).toMatchObject({ status: 'pending', attempts: 0 });
      await processDelivery(intake.ports, id);
      return intake.reasons(id);
    };
    const before = await intake.executions('yes');
    expect(await replay()).toEqual(['late/image: tagNotIncluded', 'yes/image: matched']);
    await intake.pipeline('late', { image });
    expect(await replay()).toEqual(['late/image: matched', 'yes/image: matched']);
    expect(await replay()).toEqual(['late/image: matched', 'yes/image: matched']);
    expect(await intake.executions('yes')).toEqual(before);
    expect(await intake.executions('late')).toHaveLength(1);
  });

  it('by an owner asks the rules of his pipelines alone, those that came since included', async () => {
    const intake = await createIntake(tables);
    const repository = 'registry.local/team/shop';
    const listening = (tag: string) => ({
      image: { type: 'registry', repository, on: ['push'], tags: { include: [tag] } },
    });
    const of = (team: string) => ({ owners: [team], readers: [team] });
    for (const team of ['a', 'b']) await intake.pipeline(`of-${team}`, listening('9'), of(`team-${team}`));
    const digest = intake.registry.put(repository, { tag: '1.0' });
    const id = await intake.happen('one', { kind: 'push', repository, tag: '1.0', digest });
    for (const team of ['a', 'b']) {
      await intake.pipeline(`of-${team}`, listening('1.0'), of(`team-${team}`));
      await intake.pipeline(`new-of-${team}`, listening('1.0'), of(`team-${team}`));
    }
    const replay = async (...groups: readonly string[]) => {
      const caller = { subject: 'ben', groups };
      expect(await replayDelivery(intake.ports, { caller, id })).toEqual({ kind: 'replayed', deliveryId: id });
    };
    await replay('team-b');
    await processDelivery(intake.ports, id);
    const own = ['new-of-b/image: matched', 'of-a/image: tagNotIncluded', 'of-b/image: matched'];
    expect(await intake.reasons(id)).toEqual(own);
    expect(await intake.ports.deliveries.find(id)).toMatchObject({ status: 'processed' });
    expect((await intake.ports.deliveries.find(id))?.replayedBy).toBeUndefined();
    await replay('team-b');
    await replay('team-a');
    await processDelivery(intake.ports, id);
    expect(await intake.reasons(id)).toEqual(['new-of-a/image: matched', own[0], 'of-a/image: matched', own[2]]);
  });
});
