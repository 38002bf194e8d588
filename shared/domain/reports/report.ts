/** What machines write about a test run (contract 4): outcomes in JUnit XML, coverage in the other three. */
export const reportFormats = ['junit', 'istanbul', 'lcov', 'cobertura'] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** Characters. Reading is linear, and this much of any format is read within a second or two. */
export const longestReport = 4 * 1024 * 1024;

/** What a report says. `coverage` is per cent of all lines, cut (not rounded) after two places: 79.999 is not 80. */
export type Report =
  | {
      readonly format: 'junit';
      readonly outcome: 'passed' | 'failed';
      readonly tests: number;
      readonly failed: number;
      readonly skipped: number;
    }
  | {
      readonly format: Exclude<ReportFormat, 'junit'>;
      readonly coverage: number;
      readonly lines: number;
      readonly covered: number;
    };

export type ReadReport =
  | { readonly kind: 'ok'; readonly report: Report }
  /** A sentence's end: what is wrong with the report and where; never a part of its text. */
  | { readonly kind: 'invalid'; readonly message: string };

export function invalidReport(message: string): Extract<ReadReport, { kind: 'invalid' }> {
  return { kind: 'invalid', message };
}

/** A coverage report's figure; one without lines says nothing of how much is covered. */
export function coverageReport(
  format: Exclude<ReportFormat, 'junit'>,
  counted: { readonly lines: number; readonly covered: number },
): ReadReport {
  const { lines, covered } = counted;
  if (!isCount(lines) || !isCount(covered)) return invalidReport('counts no lines');
  if (lines === 0) return invalidReport('covers no lines at all');
  if (covered > lines) return invalidReport(`counts ${covered} covered lines of ${lines}`);
  // Whole numbers divided once: 8,000 of 10,000 lines are 80 exactly, which equals a threshold of 80.
  const coverage = Math.floor((covered * 10_000) / lines) / 100;
  return { kind: 'ok', report: { format, coverage, lines, covered } };
}

/** A whole number that can still be multiplied by 10,000 exactly. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 1e11;
}
