import { describe, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import { admin, createIntake } from '../../../test/fixtures/intake.ts';
import { imageArtifact } from '../../domain/artifact-identity.ts';
import type { BuildEvent } from '../../domain/delivery.ts';
import { Failure, type FailureCode } from '../../domain/failure.ts';
import type { NamedReport } from '../../domain/named-report.ts';
import type { Ports } from '../../ports/ports.ts';
import { processDelivery } from '../process-delivery.ts';
import { replayDelivery } from '../replay-delivery.ts';

const tables = useEmbeddedTables();
const repository = 'registry.example.com/team/shop';
const green = '<testsuite><testcase name="a"/></testsuite>';
const red = '<testsuite><testcase name="a"><failure/></testcase></testsuite>';
const lcov = 'SF:a\nDA:1,1\nDA:2,0\nend_of_record';
const inline = (content: string, more: Partial<NamedReport> = {}): NamedReport => ({
  name: 'unit',
  format: content.startsWith('<') ? 'junit' : 'lcov',
  from: { kind: 'content', content },
  ...more,
});
const run = { kind: 'github', repository: 'acme/shop', run: '42', artifact: 'junit' } as const;
const fetchedOne = (more: Partial<NamedReport> = {}): NamedReport => ({
  name: 'unit',
  format: 'junit',
  from: run,
  ...more,
});

interface Built {
  readonly outcome?: BuildEvent['outcome'];
  readonly reports: readonly NamedReport[];
  readonly answers?: readonly (string | FailureCode)[];
  /** Without it the build published nothing. */
  readonly publishes?: boolean;
}

async function built({ outcome = 'succeeded', reports, answers = [], publishes = true }: Built) {
  const intake = await createIntake(tables);
  const asked: unknown[] = [];
  const ports: Ports = {
    ...intake.ports,
    reports: {
      async fetch(place, { account }) {
        asked.push([place, account?.account.name]);
        const answer = answers[asked.length - 1] ?? 'internal';
        if (answer.startsWith('<')) return Buffer.from(answer);
        throw new Failure(answer as FailureCode, 'The build system says no.');
      },
    },
  };
  await intake.pipeline('shop', {
    image: { type: 'registry', repository, on: ['push'] },
    upstream: { type: 'pipeline', pipeline: 'ci', build: 'lastSuccessfulBuild', on: ['buildSuccess'] },
  });
  const digest = intake.registry.put(repository, { tag: '1.0' });
  const image = imageArtifact({ repository, digest, tag: '1.0' }, ports.sha1);
  const at = ports.clock.now();
  const artifacts = publishes ? [{ stage: 'build', job: 'main', step: 'build', artifact: image }] : [];
  const event: BuildEvent = { kind: 'build', at, pipeline: 'ci', build: '7', outcome, artifacts, reports };
  await ports.deliveries.accept({
    ...{ id: 'd', receiver: 'gh', receivedAt: at, signed: true, status: 'pending', events: [event] },
    ...{ refusals: [], attempts: 0, rev: 0 },
  });
  return {
    intake,
    ports,
    asked,
    image,
    process: () => processDelivery(ports, 'd'),
    tests: async () => (await ports.artifacts.facts(image.uuid)).filter(({ kind }) => kind === 'tested'),
    async reports() {
      const event = (await ports.deliveries.find('d'))?.events[0];
      return event?.kind === 'build' ? event.reports : undefined;
    },
  };
}

describe('a report that a build names', () => {
  it.each<[string, Built, object]>([
    ['in the event', { reports: [inline(green)] }, { name: 'unit', outcome: 'passed', receiver: 'gh' }],
    ['in base64', { reports: [inline(Buffer.from(lcov).toString('base64'))] }, { coverage: 50, outcome: 'passed' }],
    ['of a failed build', { outcome: 'failed', reports: [inline(red)] }, { outcome: 'failed' }],
    ['green, of a failed build', { outcome: 'failed', reports: [inline(green)] }, { outcome: 'passed' }],
    [
      'of coverage, of a failed build',
      { outcome: 'failed', reports: [inline(lcov)] },
      { outcome: 'failed', coverage: 50 },
    ],
    [
      'at the build system',
      { reports: [fetchedOne()], answers: [green] },
      { outcome: 'passed', report: { format: 'junit' } },
    ],
  ])('%s, becomes a fact of its image', async (_name, given, fact) => {
    const build = await built(given);
    expect(await build.process()).toEqual({ kind: 'processed' });
    expect(await build.tests()).toMatchObject([fact]);
    expect(await build.reports()).toMatchObject([{ readAt: build.ports.clock.now() }]);
    await build.process();
    expect([(await build.tests()).length, build.asked.length]).toEqual([1, given.answers?.length ?? 0]);
  });

  it('is about the images it names, resolved where they have a tag alone', async () => {
    const images = [
      { type: 'docker/image', name: repository, reference: `${repository}:1.0`, metadata: { tags: ['1.0'] }, uuid: '' },
    ];
    const build = await built({ outcome: 'failed', publishes: false, reports: [inline(red, { images })] });
    await build.process();
    expect(await build.tests()).toMatchObject([{ outcome: 'failed' }]);
  });

  it.each<[string, Built, string]>([
    ['about nothing', { publishes: false, reports: [inline(green)] }, 'noImage'],
    ['that is none', { reports: [inline('<x/>')] }, 'reportUnreadable'],
    ['that its sender contradicts', { reports: [inline(red, { outcome: 'passed' })] }, 'reportContradicted'],
    ['that is not there', { reports: [fetchedOne()], answers: ['contentNotFound'] }, 'contentNotFound'],
    ['with an account that is not there', { reports: [fetchedOne({ account: 'ci' })] }, 'accountNotPermitted'],
  ])('%s says so and records nothing', async (_name, given, code) => {
    const build = await built(given);
    expect(await build.process()).toEqual({ kind: 'processed' });
    expect(await build.tests()).toEqual([]);
    expect(await build.reports()).toMatchObject([{ fault: { code } }]);
    expect(await build.intake.executions('shop')).toHaveLength(1);
  });

  it('that cannot be had now holds up no run, and is asked for again', async () => {
    const answers = ['outboundUnavailable', green] as const;
    const build = await built({ reports: [fetchedOne(), inline(lcov)], answers });
    await expect(build.process()).rejects.toMatchObject({ code: 'outboundUnavailable' });
    expect(await build.intake.executions('shop')).toHaveLength(1);
    expect(await build.tests()).toMatchObject([{ coverage: 50 }]);
    expect(await build.process()).toEqual({ kind: 'processed' });
    expect((await build.tests()).map((fact) => fact.kind === 'tested' && fact.report?.format).sort()).toEqual([
      'junit',
      'lcov',
    ]);
    expect(build.asked).toHaveLength(2);
    expect(await build.intake.executions('shop')).toHaveLength(1);
  });

  it('of many that come slowly are read over several attempts', async () => {
    const build = await built({
      reports: [1, 2, 3].map((n) => fetchedOne({ name: `t${n}` })),
      answers: [green, green, green],
    });
    const { reports } = build.ports;
    Object.assign(build.ports, {
      reports: {
        async fetch(...given: Parameters<typeof reports.fetch>) {
          build.intake.setTime(build.ports.clock.now() + 12_000);
          return reports.fetch(...given);
        },
      },
    });
    await expect(build.process()).rejects.toMatchObject({ code: 'outboundUnavailable' });
    expect(await build.tests()).toHaveLength(2);
    expect(await build.process()).toEqual({ kind: 'processed' });
    expect([(await build.tests()).length, build.asked.length]).toEqual([3, 3]);
  });

  it('that was refused is asked for by a replay', async () => {
    const build = await built({ reports: [fetchedOne()], answers: ['contentDenied', green] });
    await build.process();
    await replayDelivery(build.ports, { caller: admin, id: 'd' });
    await build.process();
    expect(await build.tests()).toMatchObject([{ outcome: 'passed' }]);
    expect(await build.reports()).not.toMatchObject([{ fault: expect.anything() }]);
  });

  it.each([
    [undefined, [['ci', true]]],
    [['waybill-operators'], [['ci', true]]],
    [['strangers'], []],
  ])('is fetched with an account whose readers are %j', async (readers, used) => {
    const build = await built({ reports: [fetchedOne({ account: 'ci' })], answers: [green] });
    const account = { name: 'ci', type: 'github', insecure: false, updatedAt: 0, rev: 0, readers } as const;
    await build.ports.accounts.save(account);
    await build.process();
    expect(build.asked).toEqual(used.map(([name]) => [run, name]));
    expect(await build.tests()).toHaveLength(used.length);
  });
});
