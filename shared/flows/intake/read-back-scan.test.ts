import { describe, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import { createIntake } from '../../../test/fixtures/intake.ts';
import { imageArtifact } from '../../domain/artifact-identity.ts';
import { Failure, type FailureCode } from '../../domain/failure.ts';
import type { ScanResult } from '../../ports/scan-results.ts';
import { processDelivery } from '../process-delivery.ts';

const tables = useEmbeddedTables();
const repository = 'harbor.example.com/team/shop';

async function scanned(options: {
  readonly listening?: boolean;
  readonly answers: readonly (ScanResult | FailureCode)[];
}) {
  const intake = await createIntake(tables);
  const asked: unknown[] = [];
  const ports = {
    ...intake.ports,
    scanResults: {
      async read(of: string, _digest: string, asker: unknown) {
        asked.push([of, asker]);
        const answer = options.answers[asked.length - 1] ?? 'internal';
        if (typeof answer === 'string') throw new Failure(answer, 'The scanner says no.');
        return answer;
      },
    },
  };
  if (options.listening) await intake.pipeline('shop', { image: { type: 'registry', repository, on: ['scan'] } });
  const digest = intake.registry.put(repository, { tag: '1.0' });
  const { uuid } = imageArtifact({ repository, digest }, intake.ports.sha1);
  const event = {
    kind: 'scan',
    repository,
    tag: '1.0',
    digest,
    status: 'complete',
    severities: {},
    uncounted: true,
  } as const;
  const id = 'scan';
  await intake.ports.deliveries.accept({
    ...{ id, receiver: 'harbor', receivedAt: intake.ports.clock.now(), signed: true, status: 'pending' },
    ...{ events: [event], refusals: [], attempts: 0, rev: 0 },
  });
  return {
    intake,
    asked,
    process: () => processDelivery(ports, id),
    facts: async () => (await intake.ports.artifacts.facts(uuid)).filter(({ kind }) => kind === 'scanned'),
    event: async () => (await intake.ports.deliveries.find(id))?.events[0],
  };
}

describe('a scan that does not say what it found', () => {
  it('is read back once, for the pipelines that listen', async () => {
    const scan = await scanned({
      listening: true,
      answers: [{ kind: 'complete', severities: { high: 3 }, scanner: 'Trivy' }],
    });
    expect(await scan.process()).toEqual({ kind: 'processed' });
    expect(await scan.facts()).toMatchObject([
      { status: 'complete', severities: { high: 3 }, scanner: 'Trivy', receiver: 'harbor' },
    ]);
    expect((await scan.facts())[0]).not.toHaveProperty('uncounted');
    expect(scan.asked).toEqual([[repository, { pipelines: ['shop'] }]]);
    expect(await scan.event()).toMatchObject({ severities: { high: 3 }, readBackAt: scan.intake.ports.clock.now() });
    expect(await scan.intake.executions('shop')).toHaveLength(1);
    await scan.process();
    expect([scan.asked.length, (await scan.facts()).length]).toEqual([1, 1]);
  });

  it.each([
    [{ kind: 'failed' }, { status: 'failed' }],
    [{ kind: 'unknown' }, { status: 'complete', uncounted: true }],
    ['registryDenied', { status: 'complete', uncounted: true }],
  ] as const)('%j becomes the fact %j', async (answer, fact) => {
    const scan = await scanned({ answers: [answer] });
    expect(await scan.process()).toEqual({ kind: 'processed' });
    expect(await scan.facts()).toMatchObject([fact]);
  });

  it('is asked for again while the scanner cannot say, and never guessed', async () => {
    const answers = ['registryUnavailable', { kind: 'complete', severities: { critical: 1 } }] as const;
    const scan = await scanned({ answers });
    await expect(scan.process()).rejects.toMatchObject({ code: 'registryUnavailable' });
    expect(await scan.facts()).toEqual([]);
    expect(await scan.process()).toEqual({ kind: 'processed' });
    expect(await scan.facts()).toMatchObject([{ severities: { critical: 1 } }]);
  });

  it('leaves a row that comes again where rules listen', async () => {
    const scan = await scanned({
      listening: true,
      answers: ['registryUnavailable', { kind: 'complete', severities: {} }],
    });
    await scan.process();
    expect(await scan.intake.ports.deliveries.matches('scan')).toMatchObject([{ status: 'pending', matched: false }]);
    expect(await scan.intake.executions('shop')).toEqual([]);
    scan.intake.setTime(scan.intake.ports.clock.now() + 10_000);
    await scan.process();
    expect(await scan.intake.reasons('scan')).toEqual(['shop/image: matched']);
    expect(await scan.facts()).toMatchObject([{ severities: {} }]);
  });
});
