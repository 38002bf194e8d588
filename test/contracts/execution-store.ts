import { beforeEach, describe, expect, it } from 'vitest';
import type { Execution, ExecutionStatus } from '../../shared/domain/execution.ts';
import type { ExecutionStore } from '../../shared/ports/execution-store.ts';
import {
  everyPage,
  sampleApproval,
  sampleClaim,
  sampleDigest,
  sampleExecution,
  sampleImage,
  sampleNode,
  sampleTime,
} from './store-samples.ts';

/** What every ExecutionStore must do. `make` gives a store over empty tables. */
export function describeExecutionStore(make: () => Promise<ExecutionStore>): void {
  let store: ExecutionStore;
  beforeEach(async () => {
    store = await make();
  });

  describe('claims', () => {
    it('keeps the first claim of a key, also of ten at once', async () => {
      const claims = Array.from({ length: 10 }, (_, index) => sampleClaim({ executionId: `shop-${index}` }));
      const answers = await Promise.all(claims.map((claim) => store.claim(claim)));
      const winners = claims.filter((_, index) => answers[index]?.kind === 'claimed');
      expect(winners).toHaveLength(1);
      const known = answers.flatMap((answer) => (answer.kind === 'known' ? [answer.claim] : []));
      expect(known).toEqual(Array.from({ length: 9 }, () => winners[0]));
      expect(await store.findClaim(sampleClaim().key)).toEqual(winners[0]);
      expect(await store.findClaim('none')).toBeUndefined();
    });

    it('counts builds per pipeline and repeats the last number to who asked last', async () => {
      const numbers: number[] = [];
      for (const id of ['a', 'a', 'b', 'b', 'c']) numbers.push(await store.nextBuildNumber('shop', id));
      expect(numbers).toEqual([1, 1, 2, 2, 3]);
      expect(await store.nextBuildNumber('other', 'a')).toBe(1);
    });

    it('gives no number twice to executions that ask at once', async () => {
      const ids = Array.from({ length: 12 }, (_, index) => `x${index}`);
      const numbers = await Promise.all(ids.map((id) => store.nextBuildNumber('shop', id)));
      expect([...numbers].sort((a, b) => a - b)).toEqual(ids.map((_, index) => index + 1));
    });
  });

  describe('executions', () => {
    it('creates once and answers what is there', async () => {
      expect(await store.create(sampleExecution())).toEqual({ kind: 'created' });
      const again = await store.create(sampleExecution({ pipelineVersion: 'other' }));
      expect(again).toEqual({ kind: 'known', execution: sampleExecution({ rev: 1 }) });
      expect(await store.find(sampleExecution().id)).toEqual(sampleExecution({ rev: 1 }));
      expect(await store.find('none')).toBeUndefined();
    });

    it('saves by rev: one of many wins, a stale one is undefined', async () => {
      await store.create(sampleExecution());
      const running = sampleExecution({ status: 'running', rev: 1 });
      const saves = await Promise.all(Array.from({ length: 8 }, () => store.save(running)));
      expect(saves.filter((saved) => saved !== undefined)).toEqual([{ ...running, rev: 2 }]);
      expect(await store.save(running)).toBeUndefined();
      expect((await store.find(running.id))?.rev).toBe(2);
    });

    it('finds a large execution whole', async () => {
      const payload = { text: 'ü'.repeat(40_000) };
      const large = sampleExecution({ trigger: { type: 'manual', payload, artifacts: [] } });
      await store.create(large);
      expect(await store.find(large.id)).toEqual({ ...large, rev: 1 });
      expect((await store.list({ limit: 5 })).items).toEqual([{ ...large, rev: 1 }]);
    });

    describe('lists', () => {
      const statuses: readonly ExecutionStatus[] = [
        'queued',
        'running',
        'succeeded',
        'failed',
        'cancelled',
        'superseded',
      ];
      const digests = [sampleDigest('a'), sampleDigest('b')] as const;
      const all: readonly Execution[] = Array.from({ length: 24 }, (_, index) =>
        sampleExecution({
          id: `x-${String(index).padStart(2, '0')}`,
          pipeline: index % 3 === 0 ? 'other' : 'shop',
          status: statuses[index % statuses.length] ?? 'queued',
          createdAt: sampleTime + Math.floor(index / 2),
          bound: [{ id: 'image', from: 'received', artifact: sampleImage(digests[index % 2 === 0 ? 0 : 1]) }],
          rev: 1,
        }),
      );
      const newestFirst = [...all].reverse();

      beforeEach(async () => {
        await Promise.all(all.map((execution) => store.create({ ...execution, rev: 0 })));
      });

      it.each<[string, Omit<Parameters<ExecutionStore['list']>[0], 'limit'>, (execution: Execution) => boolean]>([
        ['everything', {}, () => true],
        ['a pipeline', { pipeline: 'shop' }, (x) => x.pipeline === 'shop'],
        ['running', { status: 'running' }, (x) => x.status === 'running'],
        ['queued', { status: 'queued' }, (x) => x.status === 'queued'],
        ['failed', { status: 'failed' }, (x) => x.status === 'failed'],
        ['a digest', { digest: digests[1] }, (x) => x.bound[0]?.artifact.version === digests[1]],
        [
          'pipeline, status',
          { pipeline: 'shop', status: 'failed' },
          (x) => x.pipeline === 'shop' && x.status === 'failed',
        ],
        [
          'pipeline, digest',
          { pipeline: 'other', digest: digests[0] },
          (x) => x.pipeline === 'other' && x.bound[0]?.artifact.version === digests[0],
        ],
        ['an unknown pipeline', { pipeline: 'none' }, () => false],
        ['an unknown digest', { digest: sampleDigest('f') }, () => false],
      ])('lists %s newest first, in pages', async (_, query, wanted) => {
        const pages = await everyPage((page) => store.list({ ...query, ...page }), 5);
        expect(pages.flat()).toEqual(newestFirst.filter(wanted));
        expect(pages.every((page) => page.length <= 5)).toBe(true);
      });

      it('lists open ones oldest first, and no longer once they ended', async () => {
        const open = all.filter((execution) => execution.status === 'queued' || execution.status === 'running');
        const first = open[0] ?? sampleExecution();
        expect((await everyPage((page) => store.open(page), 3)).flat()).toEqual(open.map((execution) => execution.id));
        await store.save({ ...first, status: 'failed' });
        expect((await store.open({ limit: 50 })).items).not.toContain(first.id);
        expect((await store.list({ status: 'failed', limit: 50 })).items.map((x) => x.id)).toContain(first.id);
      });

      it.each(['%%%', 'a', '', 'AAAA====', 'eHh4'.repeat(500)])('refuses the cursor %.20s', async (cursor) => {
        await expect(store.list({ limit: 5, cursor })).rejects.toMatchObject({ code: 'invalidInput' });
      });
    });
  });

  describe('ledger', () => {
    it('saves nodes by rev and finds them by name', async () => {
      const saved = await store.saveNode(sampleNode());
      expect(saved).toEqual(sampleNode({ rev: 1 }));
      expect(await store.saveNode(sampleNode())).toBeUndefined();
      expect(await store.saveNode(sampleNode({ status: 'succeeded', rev: 1 }))).toMatchObject({ rev: 2 });
      await store.saveNode(sampleNode({ name: 'prod/main' }));
      await store.saveNode(sampleNode({ execution: 'shop-2' }));
      const found = await store.nodes('shop-1', ['prod', 'prod/main', 'none', 'prod']);
      expect([...found.keys()].sort()).toEqual(['prod', 'prod/main']);
      expect(found.get('prod')).toMatchObject({ status: 'succeeded', rev: 2 });
      expect((await store.allNodes('shop-1')).map((node) => node.name)).toEqual(['prod', 'prod/main']);
    });

    it('finds more nodes than one request takes', async () => {
      const names = Array.from({ length: 230 }, (_, index) => `s${index}`);
      await Promise.all(names.map((name) => store.saveNode(sampleNode({ name }))));
      expect((await store.nodes('shop-1', names)).size).toBe(230);
      expect(await store.allNodes('shop-1')).toHaveLength(230);
      expect((await store.nodes('shop-1', [])).size).toBe(0);
    });

    it('removes a node as it was read', async () => {
      const seen = await store.saveNode(sampleNode());
      if (seen === undefined) throw new Error('not saved');
      const changed = await store.saveNode({ ...seen, status: 'succeeded' });
      if (changed === undefined) throw new Error('not saved');
      expect(await store.removeNode(seen)).toBe(false);
      expect(await store.allNodes('shop-1')).toEqual([changed]);
      expect(await store.removeNode(changed)).toBe(true);
      expect(await store.removeNode(changed)).toBe(true);
      expect(await store.allNodes('shop-1')).toEqual([]);
      expect(await store.saveNode(sampleNode())).toMatchObject({ rev: 1 });
    });

    it('lists parked nodes by wake time until they wake', async () => {
      const park = (wakeAt: number) => ({ enteredAt: 1, retry: 0, wakeAt, why: 'gates' as const });
      const nodes = [50, 10, 40, 20, 30].map((wakeAt) => sampleNode({ name: `s${wakeAt}`, park: park(wakeAt) }));
      await Promise.all(nodes.map((node) => store.saveNode(node)));
      const parked = (await everyPage((page) => store.parked(page), 2)).flat();
      expect(parked).toEqual([10, 20, 30, 40, 50].map((at) => ({ execution: 'shop-1', node: `s${at}`, wakeAt: at })));
      await store.saveNode(sampleNode({ name: 's20', rev: 1 }));
      expect((await store.parked({ limit: 9 })).items.map((node) => node.wakeAt)).toEqual([10, 30, 40, 50]);
    });

    it('does not list who waits for a node of its own execution', async () => {
      const park = { enteredAt: 1, retry: 0, wakeAt: 20 };
      await store.saveNode(sampleNode({ park: { ...park, why: 'needs' } }));
      expect((await store.parked({ limit: 9 })).items).toEqual([]);
      expect((await store.allNodes('shop-1'))[0]?.park?.why).toBe('needs');
      for (const why of ['gates', 'lock', 'callback', 'child', 'wake'] as const) {
        await store.saveNode(sampleNode({ name: why, park: { ...park, why } }));
      }
      const { items } = await store.parked({ limit: 9 });
      expect(items.map((one) => one.node).sort()).toEqual(['callback', 'child', 'gates', 'lock', 'wake']);
      await store.saveNode(sampleNode({ name: 'gates', rev: 1, park: { ...park, why: 'needs' } }));
      expect((await store.parked({ limit: 9 })).items).toHaveLength(4);
    });

    it('keeps fact waits until they expire', async () => {
      const later = sampleTime + 60_000;
      await store.putFactWait('sha256:a', 'shop-1', 'prod', later);
      await store.putFactWait('sha256:a', 'shop-1', 'prod', later);
      await store.putFactWait('sha256:a', 'shop-2', 'prod', sampleTime - 1_000);
      expect(await store.factWaits('sha256:a')).toEqual([{ execution: 'shop-1', node: 'prod' }]);
      expect(await store.factWaits('sha256:b')).toEqual([]);
    });

    it('finds a callback by its token hash until it expires', async () => {
      await store.putCallback('hash', 'shop-1', 'prod/main/hook', sampleTime + 60_000);
      await store.putCallback('old', 'shop-1', 'prod/main/hook', sampleTime - 1_000);
      expect(await store.findCallback('hash')).toEqual({ execution: 'shop-1', node: 'prod/main/hook' });
      expect(await store.findCallback('old')).toBeUndefined();
      expect(await store.findCallback('none')).toBeUndefined();
    });
  });

  describe('evidence and proof', () => {
    it('keeps the first evidence of a name', async () => {
      const evidence = { name: '1/prod/approval/alice', at: sampleTime, kind: 'approval', body: { by: 'alice' } };
      await store.addEvidence('shop-1', evidence);
      await store.addEvidence('shop-1', { ...evidence, at: sampleTime + 1 });
      await store.addEvidence('shop-1', { ...evidence, name: '1/prod#2' });
      expect(await store.evidence('shop-1')).toEqual([{ ...evidence, name: '1/prod#2' }, evidence].sort(byName));
      expect(await store.evidence('shop-2')).toEqual([]);
    });

    it('keeps the first proof of an attempt', async () => {
      await store.putProof('shop-1', 1, '{"payload":"x"}');
      await store.putProof('shop-1', 1, '{"payload":"y"}');
      expect(await store.proof('shop-1', 1)).toBe('{"payload":"x"}');
      expect(await store.proof('shop-1', 2)).toBeUndefined();
    });
  });

  describe('approvals', () => {
    it('creates once, saves by rev', async () => {
      expect(await store.createApproval(sampleApproval())).toEqual({ kind: 'created' });
      expect(await store.createApproval(sampleApproval({ count: 2 }))).toEqual({
        kind: 'known',
        approval: sampleApproval({ rev: 1 }),
      });
      const saves = await Promise.all(
        Array.from({ length: 6 }, () => store.saveApproval(sampleApproval({ status: 'approved', rev: 1 }))),
      );
      expect(saves.filter((saved) => saved !== undefined)).toHaveLength(1);
      expect(await store.approval('approval-1')).toEqual(sampleApproval({ status: 'approved', rev: 2 }));
      expect(await store.approval('none')).toBeUndefined();
    });

    it('lists by status, newest first', async () => {
      const ids = ['a', 'b', 'c', 'd', 'e'];
      for (const [index, id] of ids.entries()) {
        await store.createApproval(sampleApproval({ id, requestedAt: sampleTime + index }));
      }
      await store.saveApproval(sampleApproval({ id: 'c', requestedAt: sampleTime + 2, status: 'expired', rev: 1 }));
      const list = (status: 'pending' | 'expired') =>
        everyPage((page) => store.approvals({ status, ...page }), 2).then((pages) => pages.flat().map((a) => a.id));
      expect(await list('pending')).toEqual(['e', 'd', 'b', 'a']);
      expect(await list('expired')).toEqual(['c']);
    });
  });
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
