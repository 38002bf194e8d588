/** What the stack's alarms look at, under names that what writes them and what reads them share. */
export { digestMismatchMessage } from '../domain/logged-messages.ts';

export const pendingAgeMetric = 'OldestPendingDelivery';

/** Of one installation: several in one account stay apart. */
export function metricsNamespace(installation: string): string {
  return `Waybill/${installation}`;
}
