import { type Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
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
}

/** A Lambda of ours: its own log group and role, with no right but to write there; grants stand where the function is made. */
export class WaybillFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly #role: Role;

  /** `name` is the folder under functions/. */
  constructor(scope: Construct, name: string, props: FunctionProps) {
    super(scope, name);
    const logs = new LogGroup(this, 'Logs', { retention: props.logDays, removalPolicy: RemovalPolicy.DESTROY });
    this.#role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logs.grantWrite(this.#role);
    this.lambda = new LambdaFunction(this, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: props.codeOf(name),
      role: this.#role,
      logGroup: logs,
      description: props.description,
      memorySize: props.memoryMb,
      timeout: props.timeout,
      environment: { ...props.environment },
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
