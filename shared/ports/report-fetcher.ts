import type { ReportPlace } from '../domain/named-report.ts';
import type { FetchRequest } from './artifact-fetcher.ts';

/**
 * Fetches a report from the build system that made it. Credentials go to the account's host only.
 * Failures: contentNotFound (no such run, job, artifact or file), contentDenied, tooLarge, fetchNotPossible, accountNotPermitted,
 * addressRefused, outboundRefused, outboundUnavailable (retryable).
 */
export interface ReportFetcher {
  fetch(
    place: Exclude<ReportPlace, { kind: 'content' }>,
    options: { readonly account?: FetchRequest['account']; readonly maxBytes: number },
  ): Promise<Uint8Array>;
}
