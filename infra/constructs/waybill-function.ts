import { type Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';
import { Construct } from 'constructs';
import type { EnvName } from '../../shared/contracts/env.ts';

export type FunctionEnvironment = Readonly<Partial<Record<EnvName, string>>>;

/** Where a function's code comes from, by its folder under functions/. */
export type CodeOf = (name: string) => Code;

export interface FunctionProps {
  readonly codeOf: CodeOf;
  readonly environment: FunctionEnvironment;
  readonly logDays: RetentionDays;
  readonly description: string;
  readonly memoryMb: number;
  readonly timeout: Duration;
  /** Of a function that events call: what it failed at three times goes here. */
  readonly deadLetters?: Queue;
}

/** A Lambda of ours: its own log group and role, with no right but to write there; grants stand where the function is made. */
export class WaybillFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly logs: LogGroup;
  readonly #role: Role;

  /** `name` is the folder under functions/. */
  constructor(scope: Construct, name: string, props: FunctionProps) {
    super(scope, name);
    this.logs = new LogGroup(this, 'Logs', { retention: props.logDays, removalPolicy: RemovalPolicy.DESTROY });
    this.#role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.logs.grantWrite(this.#role);
    Validations.of(this.#role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'X-Ray knows no resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html',
    });
    this.lambda = new LambdaFunction(this, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      tracing: Tracing.ACTIVE,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: props.codeOf(name),
      role: this.#role,
      logGroup: this.logs,
      description: props.description,
      memorySize: props.memoryMb,
      timeout: props.timeout,
      environment: { ...props.environment },
      ...(props.deadLetters === undefined ? {} : { deadLetterQueue: props.deadLetters }),
    });
    if (props.deadLetters !== undefined) return;
    Validations.of(this.lambda).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason: 'Its caller waits for the answer, or calls it again by the clock: what failed is not lost.',
    });
  }

  /** Named actions on named resources. Where names come only at run time `open` says why a resource ends with a wildcard. */
  allow(actions: readonly string[], resources: readonly string[], open?: string): void {
    this.#role.addToPolicy(
      new PolicyStatement({ effect: Effect.ALLOW, actions: [...actions], resources: [...resources] }),
    );
    if (open === undefined) return;
    for (const resource of resources) {
      const name = flattenCfnReference(Stack.of(this).resolve(resource));
      Validations.of(this.#role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${name}]`, reason: open });
    }
  }
}
