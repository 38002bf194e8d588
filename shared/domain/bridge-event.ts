/** What every event of EventBridge says of itself (docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html). */
export interface BridgeEvent {
  /** The same for the same event, however often it comes. */
  readonly id: string;
  /** Who emits it, e.g. `aws.ecr`. */
  readonly source: string;
  readonly 'detail-type': string;
  readonly account: string;
  readonly region: string;
  /** RFC 3339. */
  readonly time: string;
  readonly detail: unknown;
}
