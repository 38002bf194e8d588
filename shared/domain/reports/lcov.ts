import { lcovParser } from '@friedemannsommer/lcov-parser/sync';
import { coverageReport, invalidReport, type ReadReport } from './report.ts';

type Section = ReturnType<typeof lcovParser>[number];

/** Of geninfo(1), FILES: those that say which lines there are and which were hit. */
const wanted = ['SF:', 'DA:', 'LF:', 'LH:', 'end_of_record'];

/**
 * An lcov trace file (`lcov.info`). A source file may come once per test name: then its lines count once, and as covered if
 * any test hit them. Sections without lines of their own count by their sums.
 */
export function readLcov(text: string): ReadReport {
  // The parser finds its words in the middle of lines that it does not know, and waits for the end of the last one.
  const kept = text.split('\n').filter((line) => wanted.some((word) => line.startsWith(word)));
  const sections = lcovParser({ from: `${kept.map((line) => line.trimEnd()).join('\n')}\n` });
  const named = sections.filter(({ path }) => path !== '');
  if (named.length === 0) return invalidReport('is no lcov trace: it holds no source file (SF:)');
  const files = [...Map.groupBy(named, ({ path }) => path).values()].map(countFile);
  const sum = (key: 'lines' | 'covered') => files.reduce((total, file) => total + file[key], 0);
  return coverageReport('lcov', { lines: sum('lines'), covered: sum('covered') });
}

function countFile(sections: readonly Section[]): { readonly lines: number; readonly covered: number } {
  const details = sections.flatMap((section) => section.lines.details);
  if (details.length > 0) {
    const hit = new Set(details.filter((detail) => detail.hit > 0).map(({ line }) => line));
    return { lines: new Set(details.map(({ line }) => line)).size, covered: hit.size };
  }
  const counts = sections.map(({ lines }) => ({ lines: lines.instrumented, covered: lines.hit }));
  return counts.reduce((most, count) => (count.covered > most.covered ? count : most));
}
