import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { type Death, Died, dyingPorts } from '../../test/fixtures/faulty-ports.ts';
import { createIntake, type Intake } from '../../test/fixtures/intake.ts';
import type { Artifact } from '../domain/artifact.ts';
import { normaliseArtifact } from '../domain/artifact-identity.ts';
import type { DeliveredEvent } from '../domain/delivery.ts';
import { pushEvents } from '../domain/image-push.ts';
import type { JsonObject } from '../domain/json.ts';
import { processDelivery } from './process-delivery.ts';
import { storeOwnDelivery } from './store-own-delivery.ts';
import { sweepDeliveries } from './sweep-deliveries.ts';

const tables = useEmbeddedTables();
/** Each round has its names to itself, so that all rounds of a story share one table. */
interface Round {
  readonly intake: Intake;
  readonly nth: number;
  readonly repository: string;
}

/** One delivery, from the door to the started machines: what must come out is said by `check`. */
interface Story {
  readonly name: string;
  prepare(round: Round): Promise<readonly DeliveredEvent[]>;
  check(round: Round): Promise<void>;
}

const image = ({ intake, repository, nth }: Round, tag: string) =>
  intake.registry.put(repository, { tag, labels: { tag, nth: `${nth}` } });
const source = ({ repository }: Round, more: object = {}) => ({ type: 'registry', repository, on: ['push'], ...more });

const stories: readonly Story[] = [
  {
    name: 'a push that two pipelines want',
    async prepare(round) {
      const { intake, nth, repository } = round;
      await intake.pipeline(`one-${nth}`, { image: source(round) });
      await intake.pipeline(`two-${nth}`, { image: source(round, { order: 'semver' }), again: source(round) });
      return [{ kind: 'push', repository, digest: image(round, '1.0'), tag: '1.0', at: fixedNow - 1 }];
    },
    async check(round) {
      await oneStartedRun(round, 'one');
      await oneStartedRun(round, 'two');
      expect((await round.intake.executions(`two-${round.nth}`))[0]?.bound).toHaveLength(2);
    },
  },
  {
    name: 'a tag alone',
    async prepare(round) {
      await round.intake.pipeline(`one-${round.nth}`, { image: source(round) });
      image(round, '1.0');
      return [{ kind: 'push', repository: round.repository, tag: '1.0', at: fixedNow - 1 }];
    },
    check: (round) => oneStartedRun(round, 'one'),
  },
  {
    name: 'a build',
    async prepare({ intake, nth }) {
      const pipeline = `pre-${nth}`;
      const upstream = { type: 'pipeline', pipeline, build: 'lastSuccessfulBuild', on: ['buildSuccess'] };
      await intake.pipeline(`one-${nth}`, { up: upstream });
      return [{ kind: 'build', pipeline, build: '1', outcome: 'succeeded', artifacts: [], at: fixedNow - 1 }];
    },
    check: (round) => oneStartedRun(round, 'one'),
  },
  {
    name: 'a webhook that names an image by its tag',
    async prepare(round) {
      const { intake, nth, repository } = round;
      const triggers = [{ type: 'git', source: `forge-${nth}`, expectedArtifactIds: ['image'] }];
      const expectedArtifacts = [{ id: 'image', matchArtifact: { type: 'docker/image' } }];
      await intake.pipeline(`one-${nth}`, {}, { triggers, expectedArtifacts });
      await intake.pipeline(`two-${nth}`, {}, { triggers: [...triggers, ...triggers], expectedArtifacts });
      image(round, '1.0');
      const artifacts = [artifact(intake, { type: 'docker/image', reference: `${repository}:1.0` })];
      const source = `forge-${nth}`;
      return [{ kind: 'webhook', type: 'git', source, payload: { nth }, artifacts, parameters: {} }];
    },
    async check(round) {
      await oneStartedRun(round, 'one');
      await oneStartedRun(round, 'two');
      const [run] = await round.intake.executions(`two-${round.nth}`);
      expect(run?.bound).toMatchObject([{ id: 'image', artifact: { version: expect.stringMatching(/^sha256:/) } }]);
    },
  },
  {
    name: 'a push that a docker trigger and a source want',
    async prepare(round) {
      const { intake, nth, repository } = round;
      const path = repository.slice(repository.indexOf('/') + 1);
      const triggers = [{ type: 'docker', account: 'registry.local', repository: path }];
      await intake.pipeline(`one-${nth}`, {}, { triggers });
      await intake.pipeline(`two-${nth}`, { image: source(round) }, { triggers });
      return [{ kind: 'push', repository, digest: image(round, '1.0'), tag: '1.0', at: fixedNow - 1 }];
    },
    async check(round) {
      await oneStartedRun(round, 'one');
      await oneStartedRun(round, 'two');
    },
  },
  {
    name: 'a file',
    async prepare({ intake, nth }) {
      const name = `pkg/${nth}`;
      const files = { type: 'artifact', artifactType: 'custom/object', name };
      await intake.pipeline(`one-${nth}`, { file: files });
      await intake.pipeline(`two-${nth}`, { file: { ...files, order: 'semver' } });
      const pushed = artifact(intake, { type: 'custom/object', name, version: '1.0', reference: `store://${name}` });
      return pushEvents(pushed, { at: fixedNow - 1 });
    },
    async check(round) {
      await oneStartedRun(round, 'one');
      await oneStartedRun(round, 'two');
    },
  },
];

function artifact(intake: Intake, input: JsonObject): Artifact {
  const normal = normaliseArtifact(input, intake.ports.sha1);
  if (normal.kind !== 'ok') throw new Error(JSON.stringify(normal));
  return normal.artifact;
}

async function oneStartedRun({ intake, nth }: Round, name: string): Promise<void> {
  const pipeline = `${name}-${nth}`;
  const executions = await intake.executions(pipeline);
  expect(executions).toMatchObject([{ status: 'queued', buildNumber: 1 }]);
  const { id = '', trigger } = executions[0] ?? {};
  expect(intake.started).toContain(id);
  const rows = await intake.ports.deliveries.matches(trigger?.deliveryId ?? '');
  const own = rows.filter((row) => row.pipeline === pipeline);
  expect(own.length).toBeGreaterThan(0);
  expect(own.map((row) => [row.status, row.executionId])).toEqual(own.map(() => ['done', id]));
  expect(await intake.ports.deliveries.find(trigger?.deliveryId ?? '')).toMatchObject({ status: 'processed' });
}

/** Door and processing in one process that dies; answers how many effects it had. */
async function live(round: Round, events: readonly DeliveredEvent[], death: Death | undefined): Promise<number> {
  const mortal = dyingPorts({ ...round.intake.ports }, death);
  const work = async () => {
    const { deliveryId } = await storeOwnDelivery(mortal.ports, own(round, events));
    await processDelivery(mortal.ports, deliveryId);
  };
  const died = await work().then(
    () => undefined,
    (error: unknown) => error,
  );
  // A lost offer to the queue is no error: the process goes on, and its next effect finds it dead.
  if (died !== undefined || death !== undefined) expect(died).toBeInstanceOf(Died);
  return mortal.calls();
}

/** The next process: the sender tries again, the sweep offers what was left, and it comes twice. */
async function recover(round: Round, events: readonly DeliveredEvent[]): Promise<void> {
  const { intake } = round;
  const { deliveryId } = await storeOwnDelivery(intake.ports, own(round, events));
  await sweepDeliveries(intake.ports, fixedNow + 60_000);
  const { status } = (await intake.ports.deliveries.find(deliveryId)) ?? {};
  expect(status === 'processed' || intake.sent.includes(deliveryId)).toBe(true);
  await processDelivery(intake.ports, deliveryId);
  await processDelivery(intake.ports, deliveryId);
}

function own({ nth }: Round, events: readonly DeliveredEvent[]) {
  return { receiver: 'registry.local', key: `${nth}`, events } as const;
}

/** Each effect is died before or after; with the setting before and after. */
const isTried = (nth: number, when: Death['when']): boolean =>
  process.env.WAYBILL_ALL_CRASHES === '1' || nth % 2 === (when === 'before' ? 0 : 1);

describe.each(stories)('$name', ({ prepare, check }) => {
  it.each(['before', 'after'] as const)('dies %s each of its effects, and comes out the same', async (when) => {
    const intake = await createIntake(tables);
    const round = (nth: number): Round => ({ intake, nth, repository: `registry.local/team/shop-${nth}` });
    const effects = await live(round(0), await prepare(round(0)), undefined);
    await check(round(0));
    expect(effects).toBeGreaterThan(10);
    for (let nth = 1; nth <= effects; nth++) {
      if (!isTried(nth, when)) continue;
      const events = await prepare(round(nth));
      await live(round(nth), events, { when, nth });
      await recover(round(nth), events);
      await check(round(nth));
    }
  });
});
