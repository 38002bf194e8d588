import { readCobertura } from './cobertura.ts';
import { readIstanbul } from './istanbul.ts';
import { readJunit } from './junit.ts';
import { readLcov } from './lcov.ts';
import { invalidReport, longestReport, type ReadReport, type ReportFormat } from './report.ts';

const readers: Readonly<Record<ReportFormat, (text: string) => ReadReport>> = {
  junit: readJunit,
  istanbul: readIstanbul,
  lcov: readLcov,
  cobertura: readCobertura,
};

/** A report's text to what it says. Whatever the text is, the answer is a value and comes soon. */
export function readReport(format: ReportFormat, text: string): ReadReport {
  if (text.length > longestReport) {
    return invalidReport(`has ${text.length} characters; at most ${longestReport} are read`);
  }
  return readers[format](text);
}
