import { expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import type { Artifact } from '../domain/artifact.ts';
import type { Execution } from '../domain/execution.ts';
import { listExecutions } from './list-executions.ts';

const tables = useEmbeddedTables();
const caller = { subject: 'admin', groups: ['waybill-admins'] };

function execution(number: number, artifacts: readonly Artifact[]): Execution {
  const id = `shop-${number}`;
  return {
    ...{ id, machine: id, pipeline: 'shop', pipelineVersion: 'v', attempt: 1, status: 'queued', parameters: {} },
    trigger: { type: 'manual', artifacts: [] },
    bound: artifacts.map((artifact) => ({ id: 'a', artifact, from: 'received' })),
    ...{ order: `${number}`, buildNumber: number, createdAt: fixedNow + number, rev: 0 },
  };
}

function artifact(size: number): Artifact {
  return { type: 'http/file', name: 'cfg', reference: 'x'.repeat(size), metadata: {}, uuid: 'u' };
}

async function pages(sizes: readonly number[]): Promise<readonly (readonly string[])[]> {
  const { stores, blobs } = await tables.fresh();
  const ports = partialPorts({ ...stores, blobs });
  await ports.pipelines.saveHead({
    ...{ name: 'shop', version: 'v', owners: [], updatedAt: 0, updatedBy: 'alice', deleted: false, rev: 0 },
  });
  for (const [number, size] of sizes.entries()) await ports.executions.create(execution(number, [artifact(size)]));
  const found: (readonly string[])[] = [];
  let cursor: string | undefined;
  do {
    const page = await listExecutions(ports, { caller, pipeline: 'shop', limit: 4, cursor });
    found.push(page.items.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== undefined);
  return found;
}

it.each<[string, readonly number[], readonly (readonly string[])[]]>([
  ['small ones as many as asked for', [9, 9, 9, 9, 9], [['shop-4', 'shop-3', 'shop-2', 'shop-1'], ['shop-0']]],
  [
    'large ones fewer',
    [9, 200_000, 200_000, 200_000],
    [
      ['shop-3', 'shop-2'],
      ['shop-1', 'shop-0'],
    ],
  ],
  ['one that is too large alone', [9, 300_000, 600_000, 9], [['shop-3'], ['shop-2'], ['shop-1', 'shop-0']]],
])('a page has of %s', async (_what, sizes, expected) => {
  expect(await pages(sizes)).toEqual(expected);
});
