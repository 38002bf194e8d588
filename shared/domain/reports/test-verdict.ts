import type { Report, ReportFormat } from './report.ts';

/** What is claimed of a test run; `outcome` may be left to a report that has one. */
export interface TestClaim {
  readonly outcome: 'passed' | 'failed';
  /** Per cent of all lines. */
  readonly coverage?: number;
}

/** What a fact keeps of the report behind it. */
export interface ReportSummary {
  readonly format: ReportFormat;
  readonly tests?: number;
  readonly failed?: number;
  readonly lines?: number;
  readonly covered?: number;
}

export type TestVerdict =
  | ({ readonly kind: 'ok'; readonly report: ReportSummary } & TestClaim)
  /** The claim and its report do not say the same. */
  | { readonly kind: 'contradiction'; readonly path: 'outcome' | 'coverage'; readonly message: string };

/** Half of the last place that people write: 66.67 and 66.66 are the same two thirds. */
const tolerance = 0.011;

/** What a claim and the report that it rests on say together. The report's coverage stands, to its last digit. */
export function judgeReport(claim: TestClaim, report: Report): TestVerdict {
  if (report.format === 'junit') {
    const { outcome, tests, failed, format } = report;
    if (outcome !== claim.outcome) {
      const message = `is ${claim.outcome}, and the report says ${outcome}: ${failed} of ${tests} tests failed`;
      return { kind: 'contradiction', path: 'outcome', message };
    }
    return { kind: 'ok', ...claim, report: { format, tests, failed } };
  }
  const { coverage, lines, covered, format } = report;
  if (claim.coverage !== undefined && Math.abs(claim.coverage - coverage) > tolerance) {
    const message = `is ${claim.coverage}, and the report says ${coverage}: ${covered} of ${lines} lines are covered`;
    return { kind: 'contradiction', path: 'coverage', message };
  }
  return { kind: 'ok', outcome: claim.outcome, coverage, report: { format, lines, covered } };
}
