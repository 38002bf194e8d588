import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { createIntake, type Intake } from '../../test/fixtures/intake.ts';
import { imageArtifact } from '../domain/artifact-identity.ts';
import type { ScanEvent } from '../domain/delivery.ts';
import type { Digest } from '../domain/digest.ts';
import type { Severities } from '../domain/fact.ts';

const tables = useEmbeddedTables();
const repository = 'registry.local/team/shop';

const scanned = (digest: Digest, severities: Severities, more: Partial<ScanEvent> = {}): ScanEvent => ({
  kind: 'scan',
  repository,
  digest,
  status: 'complete',
  severities,
  at: fixedNow - 1_000,
  ...more,
});
const finding = (digest: Digest, severity: string, at: number) =>
  scanned(digest, { [severity]: 1 }, { finding: true, at });

async function verdicts(intake: Intake, digest: Digest): Promise<readonly unknown[]> {
  const { uuid } = imageArtifact({ repository, digest }, intake.ports.sha1);
  const facts = await intake.ports.artifacts.facts(uuid);
  return facts.flatMap((fact) => (fact.kind === 'scanned' ? [fact.severities] : []));
}

describe('a finding', () => {
  it.each<[string, Severities, string, Severities | undefined]>([
    ['of a severity that was clean', { high: 2 }, 'critical', { high: 2, critical: 1 }],
    ['of one that was said to be none', { critical: 0 }, 'critical', { critical: 1 }],
    ['of one with none in total', { critical: { total: 0, fixable: 0 } }, 'critical', { critical: 1 }],
    ['of one that the scan had counted', { critical: 3 }, 'critical', undefined],
  ])('%s', async (_, known, severity, worse) => {
    const intake = await createIntake(tables);
    const digest = intake.registry.put(repository, {});
    await intake.happen('scan', scanned(digest, known));
    await intake.happen('finding', finding(digest, severity, fixedNow - 500));
    await intake.happen('the same again', finding(digest, severity, fixedNow - 500));
    expect(await verdicts(intake, digest)).toEqual(worse === undefined ? [known] : [worse, known]);
  });

  it('is no verdict where there is none, and older than the verdict is in it', async () => {
    const intake = await createIntake(tables);
    const digest = intake.registry.put(repository, {});
    await intake.happen('1', finding(digest, 'low', fixedNow - 900));
    expect(await verdicts(intake, digest)).toEqual([]);
    await intake.happen('2', scanned(digest, { low: 0 }, { at: fixedNow - 800 }));
    await intake.happen('3', finding(digest, 'low', fixedNow - 801));
    expect(await verdicts(intake, digest)).toEqual([{ low: 0 }]);
  });

  it('makes worse neither a failed scan nor one without numbers', async () => {
    const intake = await createIntake(tables);
    const digest = intake.registry.put(repository, {});
    await intake.happen('1', scanned(digest, {}, { status: 'failed' }));
    await intake.happen('3', finding(digest, 'high', fixedNow - 10));
    expect(await verdicts(intake, digest)).toEqual([{}]);
  });

  it('starts no run of a source that listens to scans, and says so', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', { image: { type: 'registry', repository, on: ['scan'] } });
    const digest = intake.registry.put(repository, { tag: '1.0' });
    const delivery = await intake.happen('1', { ...finding(digest, 'high', fixedNow), tag: '1.0' });
    expect(await intake.reasons(delivery)).toEqual(['shop/image: scanNotSuccessful']);
    expect(await intake.executions('shop')).toEqual([]);
  });
});
