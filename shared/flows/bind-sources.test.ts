import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { createIntake } from '../../test/fixtures/intake.ts';
import type { PushEvent } from '../domain/delivery.ts';
import type { Digest } from '../domain/digest.ts';

const tables = useEmbeddedTables();
const repository = 'registry.local/team/shop';
const source = () => ({ type: 'registry', repository, on: ['push'] });

function push(digest: Digest, tag: string): PushEvent {
  return { kind: 'push', repository, digest, tag, at: fixedNow - 1000 };
}

describe('sources that the event did not match', () => {
  it('are bound as in a manual run', async () => {
    const intake = await createIntake(tables);
    const base = 'registry.local/base';
    await intake.pipeline('shop', { image: source(), base: { type: 'registry', repository: base, order: 'semver' } });
    for (const tag of ['1.0.0', '1.1.0', '1.0.1', 'latest']) {
      const digest = intake.registry.put(base, { tag, labels: { tag } });
      await intake.happen(tag, { ...push(digest, tag), repository: base });
    }
    const digest = intake.registry.put(repository, { tag: '1.0' });
    await intake.happen('x', push(digest, '1.0'));
    expect(await intake.executions('shop')).toMatchObject([
      {
        bound: [
          { id: 'image', from: 'received' },
          { id: 'base', from: 'default', tag: '1.1.0' },
        ],
      },
    ]);
  });

  it('and have no version: a failed execution that keeps its claim', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', { image: source(), base: { type: 'registry', repository: 'registry.local/base' } });
    const digest = intake.registry.put(repository, { tag: '1.0' });
    const id = await intake.happen('1', push(digest, '1.0'));
    const [execution] = await intake.executions('shop');
    expect(execution).toMatchObject({ status: 'failed', error: { code: 'noVersion' }, bound: [], endedAt: fixedNow });
    expect(await intake.ports.deliveries.matches(id)).toMatchObject([
      { reason: 'noVersion', executionId: execution?.id },
    ]);
    expect(intake.started).toEqual([]);
    expect(await intake.reasons(await intake.happen('2', push(digest, '1.0')))).toEqual([
      'shop/image: alreadyExecuted',
    ]);
  });
});
