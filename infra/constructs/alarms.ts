import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { serviceMetric } from './service-metric.ts';
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
  /** What the functions themselves say. */
  readonly told: readonly Watched[];
  readonly queue: Watched;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const all = scope.node.findAll();
    this.functions = all.filter((one) => one instanceof WaybillFunction);
    this.errors = this.functions.map(errorsOf);
    this.deadLetters = all
      .filter((one) => one instanceof Queue)
      .filter((one) => one !== props.events)
      .map((one) => lettersIn(scope, one));
    this.told = toldBy(props.name);
    this.queue = queueAge(props.events);
    const topic = props.topic === undefined ? undefined : Topic.fromTopicArn(this, 'Topic', props.topic);
    for (const one of [...this.errors, ...this.deadLetters, ...this.told, this.queue]) this.#watch(one, topic);
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
}

/** Faults that are none of a function: it answered, and what it answered or found is what somebody has to look at. */
function toldBy(name: string): readonly Watched[] {
  return [
    {
      id: 'DigestMismatch',
      metric: serviceMetric(name, 'digestMismatches'),
      above: 0,
      says: 'A step did not find the bytes that it was to deploy.',
    },
    {
      // The sweep says it every minute.
      id: 'PendingAge',
      metric: serviceMetric(name, 'oldestPending'),
      above: 600_000,
      says: 'A delivery was accepted more than 10 minutes ago and is still not processed.',
    },
    {
      id: 'DeliveryFailed',
      metric: serviceMetric(name, 'deliveriesFailed'),
      above: 0,
      says: 'A delivery failed as often as it is tried; the log of process-delivery says why, and it can be replayed.',
    },
    {
      // One may be a registry that is down for a moment; whoever asked was told to ask again.
      id: 'FailedRequests',
      metric: serviceMetric(name, 'failedRequests', fiveMinutes),
      above: 5,
      says: 'The API or the hooks answered 500 or more to several requests; their logs say why.',
    },
  ];
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
