import { describe, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import type { AwsApi } from '../../ports/aws-api.ts';
import { createGroupedPuts } from './grouped-puts.ts';
import { type Attributes, createOperations, type PutNew } from './operations.ts';

const tables = useEmbeddedTables();

function item(name: string, body = name): Attributes {
  return { pk: { S: name }, sk: { S: 'X' }, v: { N: '1' }, kind: { S: 'sample' }, rev: { N: '1' }, body: { S: body } };
}

/** The real engine, with what every request to it said. */
async function grouping(fault?: (groups: number) => Error | undefined) {
  const { api, tableName } = await tables.fresh();
  const sent: number[] = [];
  const operations = createOperations(watch(api, sent, fault), { tableName, groupPuts: createGroupedPuts });
  const get = (name: string) => operations.get({ pk: name, sk: 'X' });
  const bodyOf = async (name: string) => (await get(name))?.body?.S;
  return { put: operations.putNew, sent, get, bodyOf };
}

/** How many items each request of a group had; single puts are 1. */
function watch(api: AwsApi, sent: number[], fault?: (groups: number) => Error | undefined): AwsApi {
  let groups = 0;
  return {
    async call(operation, input) {
      const statements = 'Statements' in input && Array.isArray(input.Statements) ? input.Statements : undefined;
      if (operation === 'PutItem') sent.push(1);
      if (statements !== undefined) sent.push(statements.length);
      const answer = await api.call(operation, input);
      const error = statements === undefined ? undefined : fault?.(++groups);
      if (error !== undefined) throw error;
      return answer;
    },
  };
}

async function outcomes(put: PutNew, items: readonly Attributes[]): Promise<readonly boolean[]> {
  return (await Promise.all(items.map(put))).map(({ written }) => written);
}

describe('puts of new items, grouped', () => {
  it('sends what comes in one turn together, and one alone by itself', async () => {
    const { put, sent, bodyOf } = await grouping();
    expect(await outcomes(put, [item('a'), item('b'), item('c')])).toEqual([true, true, true]);
    expect(await outcomes(put, [item('d')])).toEqual([true]);
    expect(sent).toEqual([3, 1]);
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(bodyOf))).toEqual(['a', 'b', 'c', 'd']);
  });

  it('carries binary attributes', async () => {
    const { put, sent, get } = await grouping();
    const packed = (name: string) => ({ ...item(name), body: { B: new TextEncoder().encode(`${name}\u0000`) } });
    expect(await outcomes(put, [packed('a'), packed('b')])).toEqual([true, true]);
    expect(sent).toEqual([2]);
    expect(new Uint8Array((await get('b'))?.body?.B ?? [])).toEqual(packed('b').body.B);
  });

  it('leaves what stands there, and writes the rest of the group', async () => {
    const { put, bodyOf } = await grouping();
    await put(item('b', 'first'));
    expect(await outcomes(put, [item('a'), item('b', 'second'), item('c')])).toEqual([true, false, true]);
    expect(await bodyOf('b')).toBe('first');
  });

  it('writes one of five that come at once under one key, the first', async () => {
    const { put, bodyOf } = await grouping();
    const five = [1, 2, 3, 4, 5].map((n) => item('same', String(n)));
    expect(await outcomes(put, [...five, item('other')])).toEqual([true, false, false, false, false, true]);
    expect(await bodyOf('same')).toBe('1');
  });

  it('cuts at 25 and keeps the order', async () => {
    const { put, sent } = await grouping();
    const many = Array.from({ length: 60 }, (_, n) => item(`n${n}`));
    expect(await outcomes(put, many)).toEqual(many.map(() => true));
    expect(sent).toEqual([25, 25, 10]);
  });

  it('makes each put by itself where the answer to a group was lost: what was written stands in its own way', async () => {
    const { put, sent, bodyOf } = await grouping((groups) => (groups === 1 ? new Error('lost') : undefined));
    const answers = await Promise.all([item('a'), item('b')].map(put));
    expect(answers.map((answer) => answer.written)).toEqual([false, false]);
    expect(answers.map((answer) => (answer.written ? '' : answer.old?.body?.S))).toEqual(['a', 'b']);
    expect(sent).toEqual([2, 1, 1]);
    expect(await bodyOf('a')).toBe('a');
    expect(await outcomes(put, [item('c'), item('d')])).toEqual([true, true]);
  });

  it('hands on the failure of the one that failed', async () => {
    const { put } = await grouping();
    const bad: Attributes = { pk: { S: 'bad' } };
    const [good, failed] = await Promise.allSettled([put(item('good')), put(bad)]);
    expect(good).toEqual({ status: 'fulfilled', value: { written: true } });
    expect(failed).toMatchObject({ status: 'rejected', reason: { code: 'internal' } });
  });
});
