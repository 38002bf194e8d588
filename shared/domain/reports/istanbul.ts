import { isJsonObject, type Json } from '../json.ts';
import { coverageReport, invalidReport, isCount, type ReadReport } from './report.ts';

/** Istanbul's json-summary (`coverage-summary.json`, of nyc, c8, vitest and jest): the counts under `total.lines`. */
export function readIstanbul(text: string): ReadReport {
  const summary = parseJson(text);
  const total = isJsonObject(summary) ? summary.total : undefined;
  const lines = isJsonObject(total) ? total.lines : undefined;
  if (!isJsonObject(lines) || !isCount(lines.total) || !isCount(lines.covered)) {
    return invalidReport('is no json-summary of istanbul: total.lines must hold the numbers total and covered');
  }
  return coverageReport('istanbul', { lines: lines.total, covered: lines.covered });
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
