import { Duration } from 'aws-cdk-lib';
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { deadLetters } from './dead-letters.ts';
import type { WaybillFunction } from './waybill-function.ts';

/** A delivery counts its own failures; what falls out of the queue is offered again by the sweep. */
const receives = 10;

/**
 * What AWS tells of images, their scans and builds in this account. Only what can mean something is let through: each message
 * is a function's call and a write.
 */
const told: Readonly<Record<string, { readonly description: string; readonly eventPattern: EventPattern }>> = {
  Ecr: {
    description: 'Pushes, deletions, scans and replications of ECR images',
    eventPattern: {
      source: ['aws.ecr'],
      detailType: ['ECR Image Action', 'ECR Image Scan', 'ECR Replication Action'],
    },
  },
  InspectorScans: {
    description: 'First scans of ECR images by Inspector',
    // Instances and functions have no repository; https://docs.aws.amazon.com/inspector/latest/user/eventbridge-integration.html
    eventPattern: {
      source: ['aws.inspector2'],
      detailType: ['Inspector2 Scan'],
      detail: { 'repository-name': [{ prefix: 'arn:' }] },
    },
  },
  InspectorFindings: {
    description: 'Open findings of Inspector in ECR images',
    eventPattern: {
      source: ['aws.inspector2'],
      detailType: ['Inspector2 Finding'],
      detail: { status: ['ACTIVE'], resources: { type: ['AWS_ECR_CONTAINER_IMAGE'] } },
    },
  },
  CodeBuild: {
    description: 'Finished builds of CodeBuild',
    eventPattern: {
      source: ['aws.codebuild'],
      detailType: ['CodeBuild Build State Change'],
      detail: { 'build-status': [{ 'anything-but': ['IN_PROGRESS'] }] },
    },
  },
  CodePipeline: {
    description: 'Finished executions of CodePipeline',
    eventPattern: {
      source: ['aws.codepipeline'],
      detailType: ['CodePipeline Pipeline Execution State Change'],
      detail: { state: ['SUCCEEDED', 'FAILED', 'STOPPED', 'CANCELED'] },
    },
  },
};

/** Deliveries to process: ids from the hooks, and events of this account straight from EventBridge. */
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
    for (const [name, rule] of Object.entries(told)) {
      const deadLetterQueue = deadLetters(this, `${name}Dead`);
      new Rule(this, name, { ...rule, targets: [new SqsQueue(this.queue, { deadLetterQueue })] });
    }
  }

  grantSend(to: WaybillFunction): void {
    to.allow(['sqs:SendMessage'], [this.queue.queueArn]);
  }
}
