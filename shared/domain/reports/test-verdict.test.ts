import { expect, it } from 'vitest';
import type { Report } from './report.ts';
import { judgeReport, type TestClaim } from './test-verdict.ts';

const junit = (failed: number): Report => ({
  format: 'junit',
  outcome: failed > 0 ? 'failed' : 'passed',
  tests: 9,
  failed,
  skipped: 0,
});
const lcov: Report = { format: 'lcov', coverage: 66.66, lines: 3, covered: 2 };
const passed: TestClaim = { outcome: 'passed' };

it.each([
  [passed, junit(0), { kind: 'ok', outcome: 'passed', report: { format: 'junit', tests: 9, failed: 0 } }],
  [{ outcome: 'failed' }, junit(1), { kind: 'ok', outcome: 'failed' }],
  [{ ...passed, coverage: 70 }, junit(0), { kind: 'ok', coverage: 70 }],
  [
    passed,
    junit(2),
    { kind: 'contradiction', path: 'outcome', message: 'is passed, and the report says failed: 2 of 9 tests failed' },
  ],
  [{ outcome: 'failed' }, junit(0), { kind: 'contradiction', path: 'outcome' }],
  [passed, lcov, { kind: 'ok', coverage: 66.66, report: { format: 'lcov', lines: 3, covered: 2 } }],
  [{ outcome: 'failed' }, lcov, { kind: 'ok', outcome: 'failed', coverage: 66.66 }],
  [{ ...passed, coverage: 66.67 }, lcov, { kind: 'ok', coverage: 66.66 }],
  [
    { ...passed, coverage: 67 },
    lcov,
    { kind: 'contradiction', path: 'coverage', message: 'is 67, and the report says 66.66: 2 of 3 lines are covered' },
  ],
  [{ ...passed, coverage: 0 }, lcov, { kind: 'contradiction', path: 'coverage' }],
] as const)('%j with %j', (claim, report, verdict) => {
  expect(judgeReport(claim, report)).toMatchObject(verdict);
});
