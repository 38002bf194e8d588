import { describe, expect, it } from 'vitest';
import { asked, by, byAdmin, scanned } from '../../../test/fixtures/fact-samples.ts';
import type { ScanGate } from '../pipeline.ts';
import { answerScan } from './scan.ts';

const day = 86_400_000;

function gate(over: Partial<ScanGate> = {}): ScanGate {
  return { kind: 'scan', maxSeverity: { critical: 0, high: 5 }, fixableOnly: false, graceDays: 0, within: 0, ...over };
}

const allow = { kind: 'allow' };
const missing = { kind: 'deny', code: 'scanMissing' };
const denied = { kind: 'deny', code: 'scanDenied' };
const clean = scanned({});
const bad = scanned({ critical: 1 });

describe('the scan gate', () => {
  it.each([
    ['a clean scan', gate(), asked([clean]), allow],
    ['the limit itself', gate(), asked([scanned({ high: 5 })]), allow],
    ['one over the limit', gate(), asked([scanned({ high: 6 })]), denied],
    ['a severity without limit', gate(), asked([scanned({ low: 900 })]), allow],
    ['totals in objects', gate(), asked([scanned({ critical: { total: 1 } })]), denied],
    ['no scan', gate(), asked([]), missing],
    ['a failed scan only', gate(), asked([scanned({}, { status: 'failed' })]), missing],
    ['a failed scan after a bad one', gate(), asked([bad, scanned({}, { status: 'failed', at: 2_000 })]), denied],
    ['a bad scan, then a clean one', gate(), asked([scanned({}, { at: 2_000 }), bad]), allow],
    ['a clean scan, then a bad one', gate(), asked([clean, scanned({ critical: 1 }, { at: 2_000 })]), denied],
    ['an unsigned sender', gate(), asked([scanned({}, { trusted: false })]), missing],
    ['a scan by someone not named', gate({ from: ['inspector2'] }), asked([clean]), missing],
    ['a scan by someone named', gate({ from: ['inspector2', 'ecr'] }), asked([clean]), allow],
    ['a stranger, posting', gate(), asked([scanned({}, { postedBy: by('other') })]), missing],
    ['an owner, posting', gate(), asked([scanned({}, { postedBy: by('other', 'shop') })]), allow],
    ['an admin, posting', gate(), asked([scanned({}, { postedBy: byAdmin })]), allow],
    [
      'an untrusted clean scan after a bad one',
      gate(),
      asked([bad, scanned({}, { at: 9_000, trusted: false })]),
      denied,
    ],
  ])('%s', (_name, rule, input, answer) => {
    expect(answerScan(rule, input)).toMatchObject(answer);
  });

  const mute = (at = 1_000) => scanned({}, { at, uncounted: true });
  it.each([
    ['alone', [mute()], missing],
    ['after a clean scan', [mute(2_000), clean], allow],
    ['after a bad scan', [mute(2_000), bad], denied],
    ['before a clean scan', [mute(500), clean], allow],
  ])('a scan without numbers is no verdict: %s', (_name, facts, answer) => {
    expect(answerScan(gate(), asked(facts))).toMatchObject(answer);
  });

  it('waits for the numbers, then says which scan gave none', () => {
    const rule = gate({ within: 10_000 });
    expect(answerScan(rule, asked([mute()], { now: 14_999 }))).toMatchObject({ kind: 'wait' });
    expect(answerScan(rule, asked([mute()], { now: 15_000 }))).toMatchObject({
      code: 'scanMissing',
      message: expect.stringContaining('by ecr completed and does not say what it found'),
    });
    expect(answerScan(rule, asked([], { children: [[clean], [mute()]], now: 15_000 }))).toMatchObject(missing);
  });

  it.each([
    [14_999, { kind: 'wait', until: 15_000 }],
    [15_000, missing],
  ])('a scan that may come within 10 s of 5,000, at %i', (now, answer) => {
    expect(answerScan(gate({ within: 10_000 }), asked([], { now }))).toMatchObject(answer);
  });

  it('does not wait for a better scan', () => {
    expect(answerScan(gate({ within: 60_000 }), asked([bad]))).toMatchObject(denied);
  });

  it.each([
    ['all children clean', [], [[clean], [clean]], allow],
    ['one child without', [], [[clean], []], missing],
    ['one child bad', [], [[clean], [bad]], denied],
    ['high findings are not added up', [], [[scanned({ high: 3 })], [scanned({ high: 4 })]], allow],
    ['its own newer', [scanned({}, { at: 2_000 })], [[bad], [clean]], allow],
    ['its own as new', [clean], [[bad], [bad]], allow],
    ['its own older', [clean], [[scanned({ critical: 1 }, { at: 2_000 })], [clean]], denied],
    ['its own older, a child without', [clean], [[scanned({ critical: 1 }, { at: 2_000 })], []], allow],
  ])('an index: %s', (_name, own, children, answer) => {
    expect(answerScan(gate(), asked(own, { children }))).toMatchObject(answer);
  });

  it.each([
    ['none fixable', { critical: { total: 3, fixable: 0 } }, allow],
    ['one fixable', { critical: { total: 3, fixable: 1 } }, denied],
    ['not said', { critical: { total: 3 } }, denied],
    ['not said, as a number', { critical: 3 }, denied],
    ['none found', { critical: 0 }, allow],
    ['not named', {}, allow],
  ])('fixableOnly: %s', (_name, severities, answer) => {
    expect(answerScan(gate({ fixableOnly: true }), asked([scanned(severities)]))).toMatchObject(answer);
  });

  it('fixableOnly: a child that does not say spoils the index', () => {
    const children = [[scanned({ critical: { total: 1, fixable: 0 } })], [scanned({ critical: 1 })]];
    expect(answerScan(gate({ fixableOnly: true }), asked([], { children }))).toMatchObject(denied);
    const silent = [[scanned({ critical: { total: 1, fixable: 0 } })], [scanned({ low: 1 })]];
    expect(answerScan(gate({ fixableOnly: true }), asked([], { children: silent }))).toMatchObject(allow);
  });

  it.each([
    [1_000 + 2 * day - 1, allow],
    [1_000 + 2 * day, denied],
  ])('grace counts from the first scan over the limit, at %i', (now, answer) => {
    const facts = [clean, bad, scanned({ critical: 2 }, { at: 50_000 })];
    expect(answerScan(gate({ graceDays: 2 }), asked(facts, { now }))).toMatchObject(answer);
  });

  it('grace counts a child too, and is none for what cannot be judged', () => {
    const children = [[scanned({ critical: 1 }, { at: 500 })]];
    const rule = gate({ graceDays: 1 });
    expect(answerScan(rule, asked([], { children, now: 500 + day }))).toMatchObject(denied);
    expect(answerScan(rule, asked([], { children, now: 499 + day }))).toMatchObject(allow);
    expect(answerScan({ ...rule, fixableOnly: true }, asked([bad]))).toMatchObject(denied);
  });

  it('says value and limit', () => {
    expect(answerScan(gate(), asked([scanned({ critical: 2, high: 7 })]))).toMatchObject({
      message: 'r/shop@sha256:1: 2 critical findings, at most 0 allowed; 7 high findings, at most 5 allowed.',
    });
    expect(answerScan(gate({ from: ['ecr'], within: 600_000 }), asked([], { now: 900_000 }))).toMatchObject({
      message: 'No complete scan of r/shop@sha256:1 by ecr came within 10m.',
    });
  });
});
