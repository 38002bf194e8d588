import { Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { deadLetters } from './dead-letters.ts';
import type { WaybillFunction } from './waybill-function.ts';

export interface FunctionScheduleProps {
  readonly description: string;
  /** `rate(1 minute)`. */
  readonly rate: string;
  readonly enabled?: boolean;
}

/**
 * Calls a function by the clock. It is a schedule of EventBridge Scheduler, not a rule: its role says what it may call, and what
 * it could not call is in its own dead letters. It is not tried again, because the next call comes anyway.
 */
export class FunctionSchedule extends Construct {
  constructor(to: WaybillFunction, id: string, props: FunctionScheduleProps) {
    super(to, id);
    const dead = deadLetters(this, 'Dead');
    const { functionArn } = to.lambda;
    new CfnSchedule(this, 'Schedule', {
      description: props.description,
      scheduleExpression: props.rate,
      flexibleTimeWindow: { mode: 'OFF' },
      state: (props.enabled ?? true) ? 'ENABLED' : 'DISABLED',
      target: {
        arn: functionArn,
        roleArn: this.#role({ 'lambda:InvokeFunction': functionArn, 'sqs:SendMessage': dead.queueArn }).roleArn,
        retryPolicy: { maximumRetryAttempts: 0 },
        deadLetterConfig: { arn: dead.queueArn },
      },
    });
  }

  /** Only for schedules of this account: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html */
  #role(rights: Readonly<Record<string, string>>): Role {
    const group = Stack.of(this).formatArn({
      service: 'scheduler',
      resource: 'schedule-group',
      resourceName: 'default',
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account, 'aws:SourceArn': group } },
      }),
    });
    for (const [action, resource] of Object.entries(rights)) {
      role.addToPolicy(new PolicyStatement({ effect: Effect.ALLOW, actions: [action], resources: [resource] }));
    }
    return role;
  }
}
