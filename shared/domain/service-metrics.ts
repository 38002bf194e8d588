/** What the stack's alarms look at, under names that what writes them and what reads them share. */
export const pendingAgeMetric = 'OldestPendingDelivery';

/** Message of the log line by which CloudWatch counts steps that did not find the bytes they wanted. */
export const digestMismatchMessage = 'digest mismatch';

/** Of one installation: several in one account stay apart. */
export function metricsNamespace(installation: string): string {
  return `Waybill/${installation}`;
}
