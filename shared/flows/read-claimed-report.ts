import { isJsonObject, type Json } from '../domain/json.ts';
import { type ReportFormat, reportFormats } from '../domain/reports/report.ts';
import { judgeReport, type TestClaim, type TestVerdict } from '../domain/reports/test-verdict.ts';

/** Where a claim's report is: its text, or an artifact whose content is stored. */
export type ClaimedReport = { readonly format: ReportFormat } & (
  | { readonly content: string }
  | { readonly artifact: Json }
);

export interface ReportFault {
  readonly path: string;
  readonly message: string;
}

export type ReadClaimedReport =
  | { readonly kind: 'ok'; readonly report: ClaimedReport }
  | { readonly kind: 'invalid'; readonly errors: readonly ReportFault[] };

/** `{format, content}` or `{format, artifact}` (contract 4); every fault at once. */
export function readClaimedReport(value: Json): ReadClaimedReport {
  if (!isJsonObject(value)) return invalid('report', 'must be {format, content} or {format, artifact}');
  const { format, content, artifact, ...rest } = value;
  const errors: ReportFault[] = Object.keys(rest).map((key) => ({
    path: `report.${key}`,
    message: 'is no part of a report: format, content or artifact',
  }));
  const known = reportFormats.find((one) => one === format);
  if (known === undefined)
    errors.push({ path: 'report.format', message: `must be one of ${reportFormats.join(', ')}` });
  if ((content === undefined) === (artifact === undefined)) {
    errors.push({ path: 'report', message: 'must hold either content or artifact' });
  } else if (content !== undefined && (typeof content !== 'string' || content === '')) {
    errors.push({ path: 'report.content', message: 'must be the text of the report, as it is or in base64' });
  }
  if (errors.length > 0 || known === undefined) return { kind: 'invalid', errors };
  if (typeof content === 'string') return { kind: 'ok', report: { format: known, content: reportText(content) } };
  return { kind: 'ok', report: { format: known, artifact: artifact ?? null } };
}

/** A claim beside the text of its report; faults name the field of the claim, or the report's content. */
export async function judgeText(
  claim: TestClaim,
  { format, text, path }: { readonly format: ReportFormat; readonly text: string; readonly path: string },
): Promise<
  Extract<TestVerdict, { kind: 'ok' }> | { readonly kind: 'invalid'; readonly errors: readonly ReportFault[] }
> {
  // Only who reads reports loads the parsers.
  const { readReport } = await import('../domain/reports/read-report.ts');
  const read = readReport(format, text);
  if (read.kind === 'invalid') return invalid(path, read.message);
  const verdict = judgeReport(claim, read.report);
  return verdict.kind === 'ok' ? verdict : invalid(verdict.path, verdict.message);
}

/** Every format has a sign that base64 has not (`<`, `{`, `:`), so what is base64 throughout can be nothing else. */
export function reportText(content: string): string {
  const packed = content.replaceAll(/[\r\n]/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(packed)) return content;
  const bytes = Uint8Array.from(atobOr(packed), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

function atobOr(packed: string): string {
  try {
    return atob(packed);
  } catch {
    return packed;
  }
}

function invalid(path: string, message: string): Extract<ReadClaimedReport, { kind: 'invalid' }> {
  return { kind: 'invalid', errors: [{ path, message }] };
}
