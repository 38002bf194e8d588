import { describe, expect, it } from 'vitest';
import { asked, by, tested } from '../../../test/fixtures/fact-samples.ts';
import type { TestsGate } from '../pipeline.ts';
import { answerTests } from './tests.ts';

function gate(over: Partial<TestsGate> = {}): TestsGate {
  return { kind: 'tests', required: ['unit'], within: 0, ...over };
}

const allow = { kind: 'allow' };
const missing = { kind: 'deny', code: 'testsMissing' };
const denied = { kind: 'deny', code: 'testsDenied' };
const passed = tested('unit', 'passed');
const covering = (coverage: number, at = 1_000) => tested('unit', 'passed', { coverage, at });

describe('the tests gate', () => {
  it.each([
    ['passed', gate(), asked([passed]), allow],
    ['failed', gate(), asked([tested('unit', 'failed')]), denied],
    ['failed, then passed', gate(), asked([tested('unit', 'failed'), tested('unit', 'passed', { at: 2_000 })]), allow],
    ['passed, then failed', gate(), asked([tested('unit', 'failed', { at: 2_000 }), passed]), denied],
    ['another test', gate(), asked([tested('e2e', 'passed')]), missing],
    ['another test failed', gate(), asked([passed, tested('e2e', 'failed')]), allow],
    ['one of two', gate({ required: ['unit', 'e2e'] }), asked([passed]), missing],
    [
      'one failed, one missing',
      gate({ required: ['unit', 'e2e'], within: 60_000 }),
      asked([tested('e2e', 'failed')]),
      denied,
    ],
    ['an unsigned sender', gate(), asked([tested('unit', 'passed', { trusted: false })]), missing],
    ['a stranger, posting', gate(), asked([tested('unit', 'passed', { postedBy: by('other') })]), missing],
    ['a receiver not named', gate({ from: ['ci'] }), asked([passed]), missing],
    ['coverage equal', gate({ minCoverage: 80 }), asked([covering(80)]), allow],
    ['coverage below', gate({ minCoverage: 80 }), asked([covering(79.9)]), denied],
    ['coverage not reported', gate({ minCoverage: 80 }), asked([passed]), missing],
    ['coverage not needed', gate(), asked([covering(1)]), allow],
    ['the newest coverage', gate({ minCoverage: 80 }), asked([covering(90, 1), covering(70, 2)]), denied],
    [
      'coverage alone',
      gate({ required: [], minCoverage: 80 }),
      asked([tested('any', 'failed', { coverage: 81 })]),
      allow,
    ],
    [
      'coverage of a required test beats a newer one of another',
      gate({ minCoverage: 80 }),
      asked([covering(85, 1), tested('e2e', 'passed', { coverage: 20, at: 2 })]),
      allow,
    ],
    [
      'coverage of another where none required reports',
      gate({ minCoverage: 80 }),
      asked([passed, tested('e2e', 'passed', { coverage: 20 })]),
      denied,
    ],
  ])('%s', (_name, rule, input, answer) => {
    expect(answerTests(rule, input)).toMatchObject(answer);
  });

  it.each([
    [6_999, { kind: 'wait', until: 7_000 }],
    [7_000, missing],
  ])('waits within 2 s of 5,000, at %i', (now, answer) => {
    expect(answerTests(gate({ within: 2_000 }), asked([], { now }))).toMatchObject(answer);
  });

  it('waits for coverage too', () => {
    const rule = gate({ minCoverage: 80, within: 60_000 });
    expect(answerTests(rule, asked([passed]))).toMatchObject({
      kind: 'wait',
      message: expect.stringContaining('coverage'),
    });
  });

  it.each([
    ['every child passed', [], [[passed], [passed]], allow],
    ['one child failed', [], [[passed], [tested('unit', 'failed')]], denied],
    ['one child without', [], [[passed], []], missing],
    ['its own newer', [tested('unit', 'passed', { at: 2_000 })], [[tested('unit', 'failed')], [passed]], allow],
    ['its own older', [passed], [[tested('unit', 'failed', { at: 2_000 })], [passed]], denied],
  ])('an index: %s', (_name, own, children, answer) => {
    expect(answerTests(gate(), asked(own, { children }))).toMatchObject(answer);
  });

  it.each([
    [[[covering(90)], [covering(80)]], allow],
    [[[covering(90)], [covering(79)]], denied],
    [[[covering(90)], [passed]], missing],
  ])('an index covers as much as its worst child', (children, answer) => {
    expect(answerTests(gate({ minCoverage: 80 }), asked([], { children }))).toMatchObject(answer);
  });

  it.each([
    ['the report after the coverage', covering(85, 1), passed],
    ['the coverage after the report', passed, covering(85, 2_000)],
  ])('takes outcome and coverage of one test from two reports: %s', (_name, ...facts) => {
    expect(answerTests(gate({ minCoverage: 80 }), asked(facts))).toMatchObject(allow);
    expect(answerTests(gate({ minCoverage: 86 }), asked(facts))).toMatchObject(denied);
  });

  it('says which coverage did not come', () => {
    expect(answerTests(gate({ minCoverage: 80 }), asked([passed]))).toMatchObject({
      message: 'No result came within 0s for r/shop@sha256:1: coverage (at least 80 %).',
    });
  });

  it('says value and threshold', () => {
    expect(answerTests(gate({ minCoverage: 80 }), asked([covering(71.5)]))).toMatchObject({
      message: 'r/shop@sha256:1: coverage is 71.5 %, at least 80 % is required.',
    });
  });
});
