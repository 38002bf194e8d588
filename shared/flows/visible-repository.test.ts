import { beforeEach, describe, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { createIntake, type Intake } from '../../test/fixtures/intake.ts';
import type { Caller } from '../domain/caller.ts';
import type { Json } from '../domain/json.ts';
import { findArtifacts } from './find-artifacts.ts';
import { processDelivery } from './process-delivery.ts';
import { storeOwnDelivery } from './store-own-delivery.ts';

const tables = useEmbeddedTables();
const repository = 'registry.local/team/shop';
const build = { kind: 'build', outcome: 'succeeded', build: '1', pipeline: 'secret' } as const;

const ann: Caller = { subject: 'ann', groups: ['team-a'] };
const ben: Caller = { subject: 'ben', groups: ['team-b'] };
const operator: Caller = { subject: 'olga', groups: ['waybill-operators'] };
const admin: Caller = { subject: 'admin', groups: ['waybill-admins'] };

let intake: Intake;
beforeEach(async () => {
  intake = await createIntake(tables);
});

async function seen(caller: Caller, name = repository) {
  const found = await findArtifacts(intake.ports, { caller, name, limit: 10 });
  return found.kind === 'found' ? found.items : [];
}

const of = (team: string, more: Record<string, Json> = {}) => ({ owners: [team], readers: [team], ...more });
const source = { image: { type: 'registry', repository, on: [] } };
const trigger = { type: 'docker', account: 'registry.local', repository: 'team/shop', enabled: true };

async function push(): Promise<void> {
  const digest = intake.registry.put(repository, { tag: '1.0' });
  await intake.happen('push', { kind: 'push', repository, tag: '1.0', digest });
}

describe('an image is seen by', () => {
  it.each<[string, Record<string, Json>, Record<string, Json>]>([
    ['readers of a pipeline with it as a source', source, {}],
    ['readers of one with a trigger of it', {}, { triggers: [trigger] }],
  ])('%s', async (_name, sources, more) => {
    await intake.pipeline('of-a', sources, of('team-a', more));
    await push();
    const counts = [];
    for (const caller of [ann, ben, operator, admin]) counts.push((await seen(caller)).length);
    expect(counts).toEqual([1, 0, 0, 1]);
  });

  it('operators where nobody receives it', async () => {
    await push();
    expect([(await seen(operator)).length, (await seen(ann)).length]).toEqual([1, 0]);
  });
});

it('its facts name no pipeline that the caller may not see', async () => {
  await intake.pipeline('of-a', source, of('team-a'));
  await intake.pipeline('secret', { other: { ...source.image, repository: `${repository}-2` } }, of('team-c'));
  await push();
  const [known] = await seen(admin);
  const artifact = known?.artifact;
  const published = artifact === undefined ? [] : [{ stage: 's', job: 'j', step: 't', artifact }];
  const events = [{ ...build, artifacts: published, execution: 'secret-1' }];
  const { deliveryId } = await storeOwnDelivery(intake.ports, { receiver: 'waybill', key: 'b', events });
  await processDelivery(intake.ports, deliveryId);
  const kinds = async (caller: Caller) => (await seen(caller))[0]?.facts.map(({ kind }) => kind);
  expect(await kinds(admin)).toContain('built');
  expect(await kinds(ann)).toEqual(['pushed']);
});
