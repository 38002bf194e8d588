import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { deadLetters } from './dead-letters.ts';
import type { WaybillFunction } from './waybill-function.ts';

/** A delivery counts its own failures; what falls out of the queue is offered again by the sweep. */
const receives = 10;

/** Deliveries to process: ids from the hooks, and registry events of this account straight from EventBridge. */
export class EventQueue extends Construct {
  readonly queue: Queue;

  /** `processing` is the time-out of the function that reads it. */
  constructor(scope: Construct, id: string, props: { readonly processing: Duration }) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: six times the function's time-out
      visibilityTimeout: Duration.seconds(props.processing.toSeconds() * 6),
      retentionPeriod: Duration.days(4),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deadLetterQueue: { queue: deadLetters(this, 'Dead'), maxReceiveCount: receives },
    });
    // No function in between: what EventBridge has delivered is durable.
    new Rule(this, 'Ecr', {
      description: 'Pushes, deletions and scans of ECR images',
      eventPattern: { source: ['aws.ecr'], detailType: ['ECR Image Action', 'ECR Image Scan'] },
      targets: [new SqsQueue(this.queue, { deadLetterQueue: deadLetters(this, 'EcrDead') })],
    });
  }

  grantSend(to: WaybillFunction): void {
    to.allow(['sqs:SendMessage'], [this.queue.queueArn]);
  }
}
