import { beforeEach, describe, expect, it } from 'vitest';
import type { AccountStore, TokenStore } from '../../shared/ports/access-store.ts';
import type { ReceiverStore } from '../../shared/ports/receiver-store.ts';
import { sampleAccount, sampleReceiver, sampleTime, sampleToken } from './store-samples.ts';

export interface AccessStores {
  readonly receivers: ReceiverStore;
  readonly accounts: AccountStore;
  readonly tokens: TokenStore;
}

/** What receivers, accounts and tokens must do in every store. `make` gives stores over empty tables at `sampleTime`. */
export function describeAccessStores(make: () => Promise<AccessStores>): void {
  let stores: AccessStores;
  beforeEach(async () => {
    stores = await make();
  });

  describe('receivers', () => {
    it('are saved by rev, found by name and hook', async () => {
      const { receivers } = stores;
      const saves = await Promise.all(Array.from({ length: 4 }, () => receivers.save(sampleReceiver())));
      expect(saves.filter((saved) => saved !== undefined)).toEqual([sampleReceiver({ rev: 1 })]);
      expect(await receivers.find('registry')).toEqual(sampleReceiver({ rev: 1 }));
      expect(await receivers.findByHook('f'.repeat(32))).toEqual(sampleReceiver({ rev: 1 }));
      expect(await receivers.findByHook('0'.repeat(32))).toBeUndefined();
      expect(await receivers.find('none')).toBeUndefined();
    });

    it('are found by hook as this process last wrote them', async () => {
      const { receivers } = stores;
      const hook = sampleReceiver().hookId;
      await receivers.save(sampleReceiver());
      expect((await receivers.findByHook(hook))?.rev).toBe(1);
      await receivers.save(sampleReceiver({ repositories: ['other/**'], rev: 1 }));
      expect((await receivers.findByHook(hook))?.repositories).toEqual(['other/**']);
      await receivers.save(sampleReceiver({ hookId: 'e'.repeat(32), rev: 2 }));
      expect(await receivers.findByHook(hook)).toBeUndefined();
      expect((await receivers.findByHook('e'.repeat(32)))?.rev).toBe(3);
      await receivers.remove('registry');
      expect(await receivers.findByHook('e'.repeat(32))).toBeUndefined();
      expect(await receivers.list()).toEqual([]);
    });

    it('do not keep what was read while this process wrote', async () => {
      const { receivers } = stores;
      const hook = sampleReceiver().hookId;
      await receivers.save(sampleReceiver());
      const [saved] = await Promise.all([
        receivers.save(sampleReceiver({ type: 'waybill', rev: 1 })),
        receivers.findByHook(hook),
        receivers.findByHook(hook),
      ]);
      expect(saved?.rev).toBe(2);
      expect((await receivers.findByHook(hook))?.type).toBe('waybill');
    });

    it('count refused proofs and failures beside what is saved', async () => {
      const { receivers } = stores;
      await receivers.save(sampleReceiver());
      await receivers.save(sampleReceiver({ name: 'other', hookId: 'a'.repeat(32) }));
      await Promise.all(Array.from({ length: 7 }, () => receivers.countRefusedProof('registry')));
      await receivers.countFailure('registry');
      await receivers.save(sampleReceiver({ rev: 1 }));
      const counted = await receivers.find('registry');
      expect(counted).toMatchObject({ refusedProofs: 7, failures: 1, rev: 2 });
      expect(counted).not.toHaveProperty('gaps');
      await receivers.countGap('registry', sampleTime);
      await receivers.countGap('registry', sampleTime + 5);
      expect(await receivers.find('registry')).toMatchObject({ gaps: 2, lastGapAt: sampleTime + 5, failures: 1 });
      const counts = (await receivers.list()).map((receiver) => [receiver.name, receiver.refusedProofs]);
      expect(counts).toEqual([
        ['other', 0],
        ['registry', 7],
      ]);
    });
  });

  describe('accounts', () => {
    it('are saved by rev, listed by name, removed', async () => {
      const { accounts } = stores;
      expect(await accounts.save(sampleAccount())).toEqual(sampleAccount({ rev: 1 }));
      expect(await accounts.save(sampleAccount())).toBeUndefined();
      await accounts.save(sampleAccount({ name: 'a', readers: ['team'] }));
      expect(await accounts.list()).toEqual([
        sampleAccount({ name: 'a', readers: ['team'], rev: 1 }),
        sampleAccount({ rev: 1 }),
      ]);
      await accounts.remove('hub');
      await accounts.remove('hub');
      expect(await accounts.find('hub')).toBeUndefined();
      expect(await accounts.save(sampleAccount())).toMatchObject({ rev: 1 });
    });
  });

  describe('tokens', () => {
    it('are found by hash, listed, removed by id', async () => {
      const { tokens } = stores;
      await tokens.create('hash-1', sampleToken());
      await tokens.create('hash-2', sampleToken({ id: 'token-2', expiresAt: sampleTime + 60_000 }));
      expect(await tokens.findByHash('hash-1')).toEqual(sampleToken());
      expect(await tokens.findByHash('none')).toBeUndefined();
      expect((await tokens.list()).map((token) => token.id)).toEqual(['token-1', 'token-2']);
      expect(await tokens.remove('token-1')).toBe(true);
      expect(await tokens.remove('token-1')).toBe(false);
      expect(await tokens.findByHash('hash-1')).toBeUndefined();
      expect((await tokens.list()).map((token) => token.id)).toEqual(['token-2']);
    });

    it('are gone once they have expired', async () => {
      const { tokens } = stores;
      await tokens.create('hash-1', sampleToken({ expiresAt: sampleTime - 1_000 }));
      expect(await tokens.findByHash('hash-1')).toBeUndefined();
      expect(await tokens.list()).toEqual([]);
    });
  });
}
