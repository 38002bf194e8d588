import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { digestMismatchMessage, metricsNamespace, pendingAgeMetric } from '../../shared/contracts/service-metrics.ts';
import { WaybillFunction } from './waybill-function.ts';

export interface AlarmsProps {
  /** Of the installation: metrics of several in one account stay apart. */
  readonly name: string;
  readonly events: Queue;
  /** ARN of an SNS topic; without one the alarms are there, and tell nobody. */
  readonly topic?: string;
}

/** One thing that is wrong above a limit, named as its alarm is. */
interface Watched {
  readonly id: string;
  readonly metric: IMetric;
  readonly above: number;
  readonly says: string;
}

const minute = Duration.minutes(1);
const fiveMinutes = Duration.minutes(5);

/**
 * What a person has to look at. Functions and queues are found in the stack, so that none is forgotten: make it after everything
 * else.
 */
export class Alarms extends Construct {
  readonly functions: readonly WaybillFunction[];
  readonly errors: readonly Watched[];
  readonly deadLetters: readonly Watched[];
  readonly mismatch: Watched;
  readonly pending: Watched;
  readonly queue: Watched;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const all = scope.node.findAll();
    const namespace = metricsNamespace(props.name);
    this.functions = all.filter((one) => one instanceof WaybillFunction);
    this.errors = this.functions.map(errorsOf);
    this.deadLetters = all
      .filter((one) => one instanceof Queue)
      .filter((one) => one !== props.events)
      .map((one) => lettersIn(scope, one));
    this.mismatch = this.#mismatches(namespace);
    this.pending = pendingAge(namespace);
    this.queue = queueAge(props.events);
    const topic = props.topic === undefined ? undefined : Topic.fromTopicArn(this, 'Topic', props.topic);
    for (const one of [...this.errors, ...this.deadLetters, this.mismatch, this.pending, this.queue]) {
      this.#watch(one, topic);
    }
  }

  #watch({ id, metric, above, says }: Watched, topic: ITopic | undefined): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold: above,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      alarmDescription: says,
    });
    if (topic !== undefined) alarm.addAlarmAction(new SnsAction(topic));
  }

  /** Counted where it is logged: it is a fault of a run, not of the function. */
  #mismatches(namespace: string): Watched {
    const metricName = 'DigestMismatches';
    for (const { logs, node } of this.functions.filter((one) => one.node.id === 'run-node')) {
      new MetricFilter(this, `${node.id}Mismatches`, {
        logGroup: logs,
        filterPattern: FilterPattern.stringValue('$.message', '=', digestMismatchMessage),
        ...{ metricNamespace: namespace, metricName, metricValue: '1' },
      });
    }
    const metric = new Metric({ namespace, metricName, period: minute, statistic: 'Sum' });
    return { id: 'DigestMismatch', metric, above: 0, says: 'A step did not find the bytes that it was to deploy.' };
  }
}

/** The sweep writes it every minute. */
function pendingAge(namespace: string): Watched {
  const metric = new Metric({ namespace, metricName: pendingAgeMetric, period: minute, statistic: 'Maximum' });
  const says = 'A delivery was accepted more than 10 minutes ago and is still not processed.';
  return { id: 'PendingAge', metric, above: 600_000, says };
}

function queueAge(events: Queue): Watched {
  const metric = events.metricApproximateAgeOfOldestMessage({ period: minute, statistic: 'Maximum' });
  const says = 'A message has been in the queue for more than 15 minutes: process-delivery fails, or is too slow.';
  return { id: 'QueueAge', metric, above: 900, says };
}

function errorsOf({ lambda, node }: WaybillFunction): Watched {
  const metric = lambda.metricErrors({ period: fiveMinutes, label: node.id });
  return { id: `${node.id}Errors`, metric, above: 0, says: `${node.id} failed; its log says why.` };
}

function lettersIn(scope: Construct, queue: Queue): Watched {
  const place = queue.node.path.slice(scope.node.path.length + 1);
  const metric = queue.metricApproximateNumberOfMessagesVisible({
    ...{ period: fiveMinutes, statistic: 'Maximum', label: place },
  });
  return { id: place.replaceAll('/', ''), metric, above: 0, says: `${place} holds what could not be delivered.` };
}
