import { expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import { createHandler } from './handler.ts';

const tables = useEmbeddedTables();

it.each<[string, 'pending' | 'processed', number]>([
  ['how long the oldest pending delivery waits', 'pending', 700_000],
  ['nothing of what is processed', 'processed', 0],
])('writes %s', async (_, status, age) => {
  const { stores } = await tables.fresh();
  for (const [id, ago] of [
    ['old', 700_000],
    ['young', 60_000],
  ] as const) {
    await stores.deliveries.accept({
      ...{ id, receiver: 'r', receivedAt: fixedNow - ago, signed: true, status },
      ...{ events: [], refusals: [], attempts: 0, rev: 0 },
    });
  }
  const counted: unknown[] = [];
  const ports = partialPorts({
    ...stores,
    clock: { now: () => fixedNow },
    queue: { send: async () => {} },
    metrics: { add: (metric, value) => counted.push([metric, value]) },
  });
  await createHandler(ports)({});
  expect(counted).toContainEqual(['oldestPending', age]);
});
