import { z } from 'zod';
import type { DeliveredEvent } from '../domain/delivery.ts';
import { parseDigest } from '../domain/digest.ts';
import type { Severities } from '../domain/fact.ts';
import { isTag } from '../domain/reference.ts';
import { someText } from './body-text.ts';

/** One report, of `src/pkg/scan/vuln/summary.go` (NativeReportSummary). */
const report = z.object({
  scan_status: someText,
  scanner: z.object({ name: someText }).nullish(),
  summary: z.object({ summary: z.record(z.string().max(64), z.number().nullish()).nullish() }).nullish(),
});

/** One item of `event_data.resources`; `scan_overview` has a report for each media type that a scanner writes. */
export const scannedResource = z.object({
  digest: someText,
  tag: someText,
  resource_url: someText,
  scan_overview: z.record(z.string(), report.nullish()).nullish(),
});

export type ScannedResource = z.infer<typeof scannedResource>;

interface Scanned extends ScannedResource {
  readonly repository: string;
  readonly at?: number;
}

/**
 * Harbor sends `SCANNING_COMPLETED` after five seconds even without a report: a scan that nobody has the numbers of is
 * `uncounted`, never clean. Of several reports each has to be good and the worst number of each severity counts.
 */
export function harborScan(scanned: Scanned, completed: boolean): readonly DeliveredEvent[] {
  const { repository, at, tag } = scanned;
  const digest = parseDigest(scanned.digest ?? '');
  const reports = Object.values(scanned.scan_overview ?? {}).flatMap((one) => one ?? []);
  const scanner = reports.find((one) => one.scanner?.name)?.scanner?.name?.slice(0, 256);
  const named = scanner === undefined ? {} : { scanner };
  const image = { repository, at, digest, tag: tag && isTag(tag) ? tag : undefined, ...named };
  if (image.tag === undefined && digest === undefined) return [];
  const isGood = completed && reports.every((one) => one.scan_status?.toLowerCase() === 'success');
  if (!isGood) return [{ kind: 'scan', ...image, status: 'failed', severities: {} }];
  const counts = reports.map((one) => one.summary?.summary);
  if (counts.length === 0 || counts.some((one) => !one))
    return [{ kind: 'scan', ...image, status: 'complete', severities: {}, uncounted: true }];
  return [{ kind: 'scan', ...image, status: 'complete', severities: worst(counts) }];
}

function worst(
  counts: readonly (Readonly<Record<string, number | null | undefined>> | null | undefined)[],
): Severities {
  const most = new Map<string, number>();
  for (const [name, count] of counts.flatMap((one) => Object.entries(one ?? {}))) {
    const known = most.get(name.toLowerCase()) ?? 0;
    if (typeof count === 'number' && Number.isSafeInteger(count))
      most.set(name.toLowerCase(), Math.max(known, count, 0));
  }
  return Object.fromEntries(most);
}
