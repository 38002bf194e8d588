import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact, Severities } from '../fact.ts';
import { scanVerdicts } from './scan-verdicts.ts';
import { judgeSeverities } from './severity-limit.ts';

type Scanned = Extract<Fact, { kind: 'scanned' }>;
const fact = (at: number, severities: Severities, more: Partial<Scanned> = {}): Scanned => ({
  kind: 'scanned',
  id: `f${at}`,
  at,
  recordedAt: at,
  receiver: 'inspector2',
  trusted: true,
  status: 'complete',
  severities,
  ...more,
});
const finding = (at: number, severities: Severities) => fact(at, severities, { finding: true });
const newestFirst = (...facts: readonly Scanned[]) => facts.toSorted((a, b) => b.at - a.at);

describe('what scans and findings say', () => {
  it.each<[string, readonly Scanned[], Severities | undefined]>([
    ['nothing', [], undefined],
    ['a scan', [fact(1, { high: 2 })], { high: 2 }],
    ['a finding alone', [finding(1, { critical: 1 })], undefined],
    ['a finding before the scan', [finding(1, { critical: 1 }), fact(2, { high: 1 })], { high: 1 }],
    [
      'one after it',
      [fact(1, { high: 1 }), finding(2, { critical: 1 })],
      { high: { total: 1 }, critical: { total: 1 } },
    ],
    ['one that it may hold', [fact(1, { high: 3 }), finding(2, { high: 1 })], { high: { total: 3 } }],
    [
      'two of two kinds',
      [fact(1, {}), finding(2, { high: { total: 1, fixable: 1 } }), finding(3, { low: 1 })],
      { high: { total: 1, fixable: 1 }, low: { total: 1 } },
    ],
    [
      'one after a failed scan',
      [fact(1, { high: 0 }), fact(2, {}, { status: 'failed' }), finding(3, { low: 1 })],
      { high: { total: 0, fixable: 0 }, low: { total: 1 } },
    ],
    ['one after a scan without numbers alone', [fact(2, {}, { uncounted: true }), finding(3, { low: 1 })], undefined],
    ['a scan after all of it', [fact(1, {}), finding(2, { critical: 1 }), fact(3, { low: 1 })], { low: 1 }],
  ])('%s', (_, facts, severities) => {
    const [newest] = scanVerdicts(newestFirst(...facts));
    expect(newest?.severities).toEqual(severities);
  });

  it('are dated from when each became so', () => {
    const facts = newestFirst(fact(1, { low: 1 }), finding(5, { high: 1 }), fact(9, {}));
    expect(scanVerdicts(facts).map(({ at }) => at)).toEqual([9, 5, 1]);
  });

  it('never turn from no to yes by a finding, in whatever order the findings came', () => {
    const counts = fc.dictionary(fc.constantFrom('critical', 'high', 'low'), fc.nat(6));
    const limits = { maxSeverity: { critical: 0, high: 5 }, fixableOnly: false };
    fc.assert(
      fc.property(
        counts,
        fc.uniqueArray(fc.tuple(fc.integer({ min: 2, max: 40 }), counts), { selector: ([at]) => at }),
        (scan, findings) => {
          const facts = newestFirst(fact(1, scan), ...findings.map(([at, severities]) => finding(at, severities)));
          const verdicts = scanVerdicts(facts).map(({ severities }) => judgeSeverities(severities, limits).kind);
          const firstNo = verdicts.lastIndexOf('over');
          expect(verdicts.slice(0, firstNo + 1).every((kind) => kind === 'over')).toBe(true);
        },
      ),
    );
  });
});
