import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPipelineFile } from '../../shared/contracts/pipeline-file.ts';
import type { Caller } from '../../shared/domain/caller.ts';
import type { JsonObject } from '../../shared/domain/json.ts';
import { listDeliveries } from '../../shared/flows/list-deliveries.ts';
import { listVersions } from '../../shared/flows/list-versions.ts';
import { putPipeline } from '../../shared/flows/put-pipeline.ts';
import { startManually } from '../../shared/flows/start-manually.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { createScenario, deploy, imageSource, repository, type Scenario } from '../fixtures/scenario.ts';

const tables = useEmbeddedTables();
const ann: Caller = { subject: 'ann', groups: ['team-a'] };
const ben: Caller = { subject: 'ben', groups: ['team-b'] };
const onlyA = { owners: ['team-a'], readers: ['team-a'] };
/** What ben writes into his own files. */
const both = { owners: ['team-b', 'team-a'], readers: ['team-b', 'team-a'] };

let world: Scenario;
beforeEach(async () => {
  world = await createScenario(tables);
});
afterEach(() => world.close());

async function put(caller: Caller, file: JsonObject): Promise<string> {
  const answer = await putPipeline(
    { ...world.ports, readPipelineFile },
    {
      name: String(file.name),
      body: new TextEncoder().encode(JSON.stringify(file)),
      mediaType: 'application/json',
      caller,
      engine: { stepKinds: ['directory', 'webhook', 'tag', 'pipeline'], embedded: true },
    },
  );
  return answer.kind;
}

const shopOfA = {
  name: 'shop-a',
  ...onlyA,
  sources: imageSource,
  stages: { pre: { environment: 'pre', steps: deploy('a') } },
};

function followOf(team: object): JsonObject {
  const up = { type: 'pipeline', pipeline: 'shop-a', on: ['buildSuccess'] };
  return { name: 'follow', ...team, sources: { up }, stages: { check: {} } };
}

describe('builds of another team', () => {
  it('come to no pipeline that only names it, also if it named it first', async () => {
    expect(await put(ben, followOf(both))).toBe('saved');
    expect(await put(ann, shopOfA)).toBe('saved');
    await world.pushTag('shop-V1');
    expect(await world.executions('shop-a')).toHaveLength(1);
    expect(await world.executions('follow')).toEqual([]);
    const seen = await listDeliveries(world.ports, { caller: ben, limit: 50 });
    expect(seen.items).toEqual([]);
    const versions = { caller: ben, pipeline: 'follow', source: 'up', limit: 10 };
    expect(await listVersions(world.ports, versions)).toMatchObject({ items: [] });
    const start = { caller: ben, pipeline: 'follow', body: {} };
    expect(await startManually(world.ports, start)).toMatchObject({ kind: 'invalid', code: 'noVersion' });
    const selected = { ...start, body: { select: { up: { build: '1' } } } };
    expect(await startManually(world.ports, selected)).toMatchObject({ kind: 'invalid', code: 'noVersion' });
  });

  it('come once one of that team, or an admin, puts the file', async () => {
    await put(ben, followOf(both));
    await put(ann, shopOfA);
    expect(await put(ann, followOf(both))).toBe('saved');
    await world.pushTag('shop-V1');
    expect(await world.executions('follow')).toHaveLength(1);
  });

  it('by grant of an admin, for as long as the source stays', async () => {
    await put(ann, shopOfA);
    const open = followOf({ owners: ['team-b'] });
    expect(await put(world.admin, open)).toBe('saved');
    expect(await put(ben, { ...open, description: 'changed by its owner' })).toBe('saved');
    await world.pushTag('shop-V1');
    expect(await world.executions('follow')).toHaveLength(1);
  });

  it('that all may read are for all', async () => {
    const { readers: _, ...open } = shopOfA;
    await put(ann, open);
    await put(ben, followOf({ owners: ['team-b'], readers: ['team-b'] }));
    await world.pushTag('shop-V1');
    expect(await world.executions('follow')).toHaveLength(1);
  });
});

it('a build that is told from outside takes the place of none of ours', async () => {
  await put(ann, shopOfA);
  await put(ann, { ...followOf(onlyA), name: 'follow-a' });
  await world.pushTag('shop-V1');
  expect(await world.executions('follow-a')).toHaveLength(1);
  const outside = { kind: 'build', pipeline: 'shop-a', build: '7', outcome: 'succeeded', artifacts: [] } as const;
  world.pass(1_000);
  await world.happen(outside);
  expect(await world.executions('follow-a')).toHaveLength(1);
  expect(await world.ports.artifacts.build('shop-a', '7')).toBeUndefined();
  const { items } = await listDeliveries(world.ports, { caller: ann, limit: 1 });
  expect(items[0]?.matches).toMatchObject([{ pipeline: 'follow-a', matched: false, reason: 'notAllowed' }]);
  expect(items[0]?.matches[0]?.message).toMatch(/give the build system's another name/);
});

it('a pipeline of another team is not started by a step of one that only names it', async () => {
  await put(ann, shopOfA);
  await world.pushTag('shop-V1');
  const steps = { go: { step: 'pipeline', with: { pipeline: 'shop-a' } } };
  const runs = { name: 'runs', ...both, sources: {}, stages: { go: { steps } } };
  expect(await put(ben, runs)).toBe('saved');
  const id = await world.start('runs', ben);
  expect(await world.status(id)).toBe('failed');
  expect((await world.faults(id))['go/main/go']).toBe('ownerRequired');
  expect(await world.executions('shop-a')).toHaveLength(1);
  await put(ann, runs);
  expect(await world.status(await world.start('runs', ben))).toBe('succeeded');
  expect(await world.executions('shop-a')).toHaveLength(2);
});

it('a deployment of one that only names a team verifies nothing for it', async () => {
  const verified = { verified: { environment: 'pre' } };
  await put(ann, {
    name: 'prod-a',
    ...onlyA,
    sources: { image: { type: 'registry', repository } },
    stages: { prod: { environment: 'prod', gates: [verified], steps: deploy('prod') } },
  });
  await put(ben, { ...shopOfA, name: 'shop-b', ...both });
  await world.pushTag('shop-V1');
  expect(await world.executions('shop-b')).toHaveLength(1);
  expect((await world.faults(await world.start('prod-a', ann))).prod).toBe('notVerified');
  await put(ann, shopOfA);
  await world.pushTag('shop-V2');
  expect(await world.status(await world.start('prod-a', ann))).toBe('succeeded');
});
