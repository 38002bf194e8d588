export interface MetricValue {
  readonly namespace: string;
  readonly name: string;
  readonly unit: 'Milliseconds' | 'Count';
  readonly value: number;
  /** Epoch ms. */
  readonly at: number;
}

/**
 * One line of a function's log that CloudWatch takes as a metric, without a call:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricLine({ namespace, name, unit, value, at }: MetricValue): string {
  const metrics = [{ Namespace: namespace, Dimensions: [[]], Metrics: [{ Name: name, Unit: unit }] }];
  return `${JSON.stringify({ _aws: { Timestamp: at, CloudWatchMetrics: metrics }, [name]: value })}\n`;
}
