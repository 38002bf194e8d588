import { expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { createIntake, type Intake } from '../../test/fixtures/intake.ts';

const tables = useEmbeddedTables();
const repository = 'registry.local/team/shop';

/** Write units, as the engine counts them, and writes whose condition failed: each is paid for, too. */
async function costOf(intake: Intake, work: () => Promise<unknown>): Promise<readonly [number, number]> {
  const { write, failedConditions } = intake.units;
  await work();
  return [intake.units.write - write, intake.units.failedConditions - failedConditions];
}

async function shop(): Promise<Intake> {
  const intake = await createIntake(tables);
  const source = { type: 'registry', repository, on: ['push'], tags: { include: ['v*'] } };
  await intake.pipeline('shop', { image: source });
  return intake;
}

it.each([
  ['that no rule wants', '1.0', 9],
  ['that starts a run', 'v1.0', 15],
])('a first push %s costs so many write units and no failed condition', async (_, tag, units) => {
  const intake = await shop();
  const digest = intake.registry.put(repository, { tag, labels: { a: 'b' } });
  const push = { kind: 'push', repository, digest, tag, at: fixedNow - 1 } as const;
  expect(await costOf(intake, () => intake.happen('1', push))).toEqual([units, 0]);
});

it('the same image under a further tag is looked for, not put', async () => {
  const intake = await shop();
  const digest = intake.registry.put(repository, { tag: 'v1.0' });
  const push = { kind: 'push', repository, digest, at: fixedNow - 1 } as const;
  await intake.happen('1', { ...push, tag: 'v1.0' });
  const [, failed] = await costOf(intake, () => intake.happen('2', { ...push, tag: 'v1.1' }, { ...push, tag: '1' }));
  expect(failed).toBe(0);
});

it('a push of a tag alone is looked at again before it ends, as its digest was written into it', async () => {
  const intake = await shop();
  intake.registry.put(repository, { tag: 'v1.0' });
  const push = { kind: 'push', repository, tag: 'v1.0', at: fixedNow - 1 } as const;
  const [, failed] = await costOf(intake, () => intake.happen('1', push));
  expect(failed).toBe(0);
  expect(await intake.executions('shop')).toHaveLength(1);
});

it('a file is one item with its first fact, and is looked for when it is told again', async () => {
  const intake = await createIntake(tables);
  const artifact = {
    type: 'maven/file',
    name: 'org:app',
    version: '1.0',
    reference: 'org:app:1.0',
    metadata: {},
    uuid: 'u',
  };
  const push = { kind: 'push', repository: 'org:app', tag: '1.0', artifact, at: fixedNow - 1 } as const;
  expect(await costOf(intake, () => intake.happen('1', push))).toEqual([8, 0]);
  expect(await intake.ports.artifacts.facts('u')).toMatchObject([{ kind: 'pushed', tag: '1.0' }]);
  const again = { ...push, artifact: { ...artifact, reference: 'elsewhere' }, at: fixedNow };
  expect(await costOf(intake, () => intake.happen('2', push, again))).toEqual([6, 0]);
  expect(await intake.ports.artifacts.facts('u')).toMatchObject([
    { artifact: { reference: 'elsewhere' } },
    { tag: '1.0' },
  ]);
});
