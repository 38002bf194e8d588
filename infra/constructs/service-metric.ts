import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import {
  coldStartMetric,
  functionDimension,
  installationDimension,
  metricsNamespace,
  serviceMetrics,
} from '../../shared/contracts/service-metrics.ts';
import type { WaybillFunction } from './waybill-function.ts';

const minute = Duration.minutes(1);

/** A metric that the functions write, of this installation alone. */
export function serviceMetric(installation: string, key: keyof typeof serviceMetrics, period = minute): Metric {
  const { name, unit } = serviceMetrics[key];
  return new Metric({
    namespace: metricsNamespace,
    metricName: name,
    dimensionsMap: { [installationDimension]: installation },
    period,
    statistic: unit === 'Count' ? 'Sum' : 'Maximum',
  });
}

export function coldStarts(installation: string, { lambda, node }: WaybillFunction): Metric {
  return new Metric({
    namespace: metricsNamespace,
    metricName: coldStartMetric,
    dimensionsMap: { [installationDimension]: installation, [functionDimension]: lambda.functionName },
    label: node.id,
    statistic: 'Sum',
  });
}
