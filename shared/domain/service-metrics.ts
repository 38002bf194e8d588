/**
 * Every metric that the service writes: the port takes no other name, and alarms and the dashboard are made of this table.
 * Values are added up over a minute but for the age, which is a reading.
 */
export const serviceMetrics = {
  deliveriesAccepted: { name: 'DeliveriesAccepted', unit: 'Count' },
  /** Unproven, malformed, or for no receiver. */
  deliveriesRefused: { name: 'DeliveriesRefused', unit: 'Count' },
  /** Deliveries that were tried as often as they are, and now wait for a person. */
  deliveriesFailed: { name: 'DeliveriesFailed', unit: 'Count' },
  /** Messages of the queue that have to come again. */
  messagesFailed: { name: 'MessagesFailed', unit: 'Count' },
  /** Deliveries that the sweep put into the queue again. */
  deliveriesOffered: { name: 'DeliveriesOffered', unit: 'Count' },
  /** How long the oldest delivery has been waiting that is not processed; 0 if none is. */
  oldestPending: { name: 'OldestPendingDelivery', unit: 'Milliseconds' },
  executionsSucceeded: { name: 'ExecutionsSucceeded', unit: 'Count' },
  executionsFailed: { name: 'ExecutionsFailed', unit: 'Count' },
  /** Cancelled, or superseded by a newer one. */
  executionsStopped: { name: 'ExecutionsStopped', unit: 'Count' },
  /** A step did not find the bytes that it was to deploy. */
  digestMismatches: { name: 'DigestMismatches', unit: 'Count' },
  /** Pushes found in a registry that no event told of. */
  gapsFound: { name: 'GapsFound', unit: 'Count' },
  /** HTTP answers of 500 and above: to Lambda they are successes. */
  failedRequests: { name: 'FailedRequests', unit: 'Count' },
  /** Calls that were answered because their time was nearly over. */
  earlyTimeouts: { name: 'EarlyTimeouts', unit: 'Count' },
} as const satisfies Readonly<Record<string, { readonly name: string; readonly unit: 'Count' | 'Milliseconds' }>>;

export type ServiceMetric = keyof typeof serviceMetrics;
