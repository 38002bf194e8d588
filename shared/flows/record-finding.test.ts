import { describe, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { createIntake, type Intake } from '../../test/fixtures/intake.ts';
import { imageArtifact } from '../domain/artifact-identity.ts';
import type { ScanEvent } from '../domain/delivery.ts';
import type { Digest } from '../domain/digest.ts';
import type { Severities } from '../domain/fact.ts';
import { scanVerdicts } from '../domain/gates/scan-verdicts.ts';
import { judgeSeverities } from '../domain/gates/severity-limit.ts';

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

async function factsOf(intake: Intake, digest: Digest) {
  const { uuid } = imageArtifact({ repository, digest }, intake.ports.sha1);
  return (await intake.ports.artifacts.facts(uuid)).flatMap((fact) => (fact.kind === 'scanned' ? [fact] : []));
}

describe('a finding', () => {
  it.each<[string, Severities, string, boolean]>([
    ['of a severity that was clean', { high: 2 }, 'critical', true],
    ['of one that was said to be none', { critical: 0 }, 'critical', true],
    ['of one with none in total', { critical: { total: 0, fixable: 0 } }, 'critical', true],
    ['of one that the scan had counted', { critical: 3 }, 'critical', false],
  ])('%s', async (_, known, severity, recorded) => {
    const intake = await createIntake(tables);
    const digest = intake.registry.put(repository, {});
    await intake.happen('scan', scanned(digest, known));
    await intake.happen('finding', finding(digest, severity, fixedNow - 500));
    await intake.happen('the same again', finding(digest, severity, fixedNow - 500));
    await intake.happen('another, older', finding(digest, severity, fixedNow - 600));
    const facts = await factsOf(intake, digest);
    expect(facts.map((fact) => [fact.finding, fact.severities])).toEqual(
      recorded
        ? [
            [true, { [severity]: 1 }],
            [undefined, known],
          ]
        : [[undefined, known]],
    );
    const [verdict] = scanVerdicts(facts);
    expect(judgeSeverities(verdict?.severities ?? {}, { maxSeverity: { critical: 0 }, fixableOnly: false }).kind).toBe(
      'over',
    );
  });

  it('is no verdict where there is none, and older than the verdict is in it', async () => {
    const intake = await createIntake(tables);
    const digest = intake.registry.put(repository, {});
    await intake.happen('1', finding(digest, 'low', fixedNow - 900));
    expect(scanVerdicts(await factsOf(intake, digest))).toEqual([]);
    await intake.happen('2', scanned(digest, { low: 0 }, { at: fixedNow - 800 }));
    await intake.happen('3', finding(digest, 'low', fixedNow - 801));
    expect(await factsOf(intake, digest)).toHaveLength(2);
    expect(scanVerdicts(await factsOf(intake, digest))).toEqual([{ at: fixedNow - 800, severities: { low: 0 } }]);
  });

  it('counts with others that come at the same time', async () => {
    const intake = await createIntake(tables);
    const digest = intake.registry.put(repository, {});
    await intake.happen('scan', scanned(digest, {}));
    await Promise.all(
      ['critical', 'high', 'low'].map((severity, index) =>
        intake.happen(severity, finding(digest, severity, fixedNow - 500 + (index === 1 ? -1 : index))),
      ),
    );
    const [verdict] = scanVerdicts(await factsOf(intake, digest));
    expect(verdict?.severities).toEqual({ critical: { total: 1 }, high: { total: 1 }, low: { total: 1 } });
  });

  it('makes worse neither a failed scan nor one without numbers', async () => {
    const intake = await createIntake(tables);
    const digest = intake.registry.put(repository, {});
    await intake.happen('1', scanned(digest, {}, { status: 'failed' }));
    await intake.happen('3', finding(digest, 'high', fixedNow - 10));
    expect(scanVerdicts(await factsOf(intake, digest))).toEqual([]);
  });

  it('after a push is no scan that a source could start on', async () => {
    const intake = await createIntake(tables);
    await intake.pipeline('shop', { image: { type: 'registry', repository, on: ['scan'] } });
    const digest = intake.registry.put(repository, { tag: '1.0' });
    await intake.happen('1', finding(digest, 'high', fixedNow - 10));
    await intake.happen('2', { kind: 'push', repository, tag: '1.0', digest, at: fixedNow });
    expect(await intake.executions('shop')).toEqual([]);
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
