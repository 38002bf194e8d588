import { Dashboard, GraphWidget, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Alarms } from './alarms.ts';
import { coldStarts, serviceMetric } from './service-metric.ts';

export interface OverviewProps {
  readonly name: string;
  readonly alarms: Alarms;
  readonly machine: StateMachine;
}

/** One page of CloudWatch: what the alarms look at, and how much goes on. */
export function overview(scope: Construct, { name, alarms, machine }: OverviewProps): Dashboard {
  const metrics = (watched: readonly { readonly metric: IMetric }[]): IMetric[] => watched.map(({ metric }) => metric);
  const { errors, deadLetters, queue, functions } = alarms;
  const told = (...keys: readonly Parameters<typeof serviceMetric>[1][]): IMetric[] =>
    keys.map((key) => serviceMetric(name, key));
  const executions = [machine.metricStarted(), machine.metricSucceeded(), machine.metricFailed()];
  return new Dashboard(scope, 'Overview', {
    dashboardName: name,
    widgets: [
      [graph('Errors of functions', metrics(errors)), graph('Dead letters', metrics(deadLetters))],
      [
        graph('State machine', [...executions, machine.metricTimedOut()]),
        graph('Executions', told('executionsSucceeded', 'executionsFailed', 'executionsStopped', 'digestMismatches')),
      ],
      [
        graph('Deliveries', told('deliveriesAccepted', 'deliveriesRefused', 'gapsFound')),
        graph(
          'Failed',
          told('deliveriesFailed', 'messagesFailed', 'deliveriesOffered', 'failedRequests', 'earlyTimeouts'),
        ),
      ],
      [
        graph('Oldest pending delivery, ms', told('oldestPending')),
        graph('Oldest message of the queue, s', [queue.metric]),
      ],
      [
        graph(
          'Calls of functions',
          functions.map(({ lambda, node }) => lambda.metricInvocations({ label: node.id })),
        ),
        graph(
          'Duration of functions, p99',
          functions.map(({ lambda, node }) => lambda.metricDuration({ label: node.id, statistic: 'p99' })),
        ),
      ],
      [
        graph(
          'Cold starts',
          functions.map((made) => coldStarts(name, made)),
        ),
      ],
    ],
  });
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 12 });
}
