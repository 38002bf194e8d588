import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import {
  sampleBuild,
  sampleDigest,
  sampleExecution,
  sampleHead,
  sampleImage,
  samplePipelineVersion,
  sampleReceiver,
  sampleTime,
  sampleToken,
} from '../../../test/contracts/store-samples.ts';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import type { AwsApi } from '../../ports/aws-api.ts';
import { createStores, type Stores } from './stores.ts';
import { createTable } from './table.ts';

const tables = useEmbeddedTables();
const clock = { now: () => sampleTime };

/** Lets so many writes through; the process "dies" before the next. */
function dieAfter(api: AwsApi, writes: number): AwsApi {
  let left = writes;
  return {
    async call(operation, input) {
      const isWrite = /^(Put|Update|Delete)Item/.test(operation);
      if (isWrite && left === 0) throw new Error('died');
      if (isWrite) left -= 1;
      return api.call(operation, input);
    },
  };
}

async function storesDyingAfter(writes: number) {
  const fresh = await tables.fresh(clock);
  const dying = createStores(createTable(dieAfter(fresh.api, writes), { ...fresh, clock }), clock);
  return { ...fresh, dying };
}

async function dump(client: DynamoDBClient, tableName: string): Promise<readonly string[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName }));
  return Items.map((item) => JSON.stringify(Object.entries(item).sort())).sort();
}

const bound = [{ id: 'image', from: 'received' as const, artifact: sampleImage(sampleDigest('a')) }];
const tag = { repository: 'r', tag: '1', digest: sampleDigest('a'), pushedAt: 1, eventAt: 1, rev: 0 };

/** Everything that takes several writes, how many, and the redo that a flow does after it found the world half done. */
const operations: readonly (readonly [string, number, (stores: Stores) => Promise<unknown>])[] = [
  ['create an execution', 2, ({ executions }) => executions.create(sampleExecution({ bound }))],
  ['put a pipeline version', 2, ({ pipelines }) => pipelines.putVersion(samplePipelineVersion())],
  ['record a build', 2, ({ artifacts }) => artifacts.recordBuild(sampleBuild())],
  ['move a head', 3, ({ environments }) => environments.moveHead(sampleHead())],
  ['create a token', 2, ({ tokens }) => tokens.create('hash', sampleToken())],
  ['save a receiver', 2, ({ receivers }) => receivers.save(sampleReceiver())],
  [
    'move a tag that was pushed twice',
    5,
    async ({ artifacts }) => {
      for (const next of [
        tag,
        { ...tag, eventAt: 2 },
        { ...tag, digest: sampleDigest('b'), pushedAt: 3, eventAt: 3 },
      ]) {
        const before = await artifacts.tag(tag.repository, tag.tag);
        const isDone = before !== undefined && before.eventAt >= next.eventAt;
        if (!isDone) await artifacts.saveTag({ ...next, rev: before?.rev ?? 0 }, before);
      }
    },
  ],
];

describe.each(operations)('%s', (_, writes, operate) => {
  it.each(Array.from({ length: writes }, (_unused, index) => index))(
    'ends the same when it is done again after dying at write %i',
    async (written) => {
      const whole = await tables.fresh(clock);
      await operate(whole.stores);
      const half = await storesDyingAfter(written);
      await expect(operate(half.dying)).rejects.toMatchObject({ code: 'internal' });
      await operate(half.stores);
      expect(await dump(half.client, half.tableName)).toEqual(await dump(whole.client, whole.tableName));
    },
  );
});

describe('what a death leaves', () => {
  it('is an execution that no list shows and no lookup breaks on', async () => {
    const { dying, stores } = await storesDyingAfter(1);
    await expect(dying.executions.create(sampleExecution({ bound }))).rejects.toThrow();
    expect(await stores.executions.find(sampleExecution().id)).toBeUndefined();
    expect(await stores.executions.list({ digest: sampleDigest('a'), limit: 5 })).toEqual({ items: [] });
  });

  it('is a token that does not work but can be removed', async () => {
    const { dying, stores } = await storesDyingAfter(1);
    await expect(dying.tokens.create('hash', sampleToken())).rejects.toThrow();
    expect(await stores.tokens.findByHash('hash')).toBeUndefined();
    expect(await stores.tokens.remove('token-1')).toBe(true);
  });

  it('is never a removed token that still works', async () => {
    const { dying, stores } = await storesDyingAfter(1);
    await stores.tokens.create('hash', sampleToken());
    await expect(dying.tokens.remove('token-1')).rejects.toThrow();
    expect(await stores.tokens.findByHash('hash')).toBeUndefined();
    expect(await stores.tokens.remove('token-1')).toBe(true);
  });
});

describe('the history of a head', () => {
  const first = sampleHead({ executionId: 'x-1' });
  const second = sampleHead({ executionId: 'x-2', order: '000001763633701-aaaaaaaa', since: sampleTime + 9 });
  const history = async ({ environments }: Stores) => (await environments.history('prod', { limit: 9 })).items;

  /** The head stands, its entry is missing. */
  async function headAlone() {
    const { dying, stores, units } = await storesDyingAfter(2);
    await expect(dying.environments.moveHead(first)).rejects.toThrow();
    expect(await stores.environments.heads('prod')).toEqual([first]);
    expect(await history(stores)).toEqual([]);
    return { stores, units };
  }

  it('is made good by the replay, at whatever time it comes', async () => {
    const { stores } = await headAlone();
    const replay = { ...first, since: sampleTime + 60_000 };
    for (let time = 0; time < 2; time += 1) {
      expect(await stores.environments.moveHead(replay)).toEqual({ kind: 'moved' });
      expect(await stores.environments.heads('prod')).toEqual([first]);
      expect(await history(stores)).toEqual([first]);
    }
  });

  it.each([
    ['another digest', { ...second, digest: sampleDigest('b') }, second.since],
    ['the same digest', second, first.since],
  ])('is made good by the next one, with %s, and the late replay changes nothing', async (_, next, since) => {
    const { stores } = await headAlone();
    expect(await stores.environments.moveHead(next)).toEqual({ kind: 'moved' });
    const head = { ...next, since };
    expect(await stores.environments.moveHead(first)).toEqual({ kind: 'newer', head });
    expect(await stores.environments.heads('prod')).toEqual([head]);
    expect(await history(stores)).toEqual([next, first]);
  });

  it('has an entry for each of many that come at once', async () => {
    const { stores, units } = await headAlone();
    const heads = Array.from({ length: 8 }, (_, n) =>
      sampleHead({ executionId: `y-${n}`, order: `00000176363370${n}-bbbbbbbb`, since: sampleTime + n + 1 }),
    );
    const answers = await Promise.all(heads.map((head) => stores.environments.moveHead(head)));
    const moved = heads.filter((_, n) => answers[n]?.kind === 'moved');
    expect(await history(stores)).toEqual([...moved.toReversed(), first]);
    expect((await stores.environments.heads('prod'))[0]?.executionId).toBe('y-7');
    const { write } = units;
    await stores.environments.moveHead(sampleHead({ ...second, order: '000001763633709-aaaaaaaa' }));
    expect(units.write - write).toBe(2);
  });

  it('of a run that puts another digest there when it is tried again has both', async () => {
    const { stores } = await tables.fresh(clock);
    const again = { ...first, digest: sampleDigest('b') };
    for (const head of [first, again]) await stores.environments.moveHead(head);
    expect(await history(stores)).toHaveLength(2);
    expect(await stores.environments.heads('prod')).toEqual([again]);
  });
});
