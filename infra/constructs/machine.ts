import { RemovalPolicy, type Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  CfnStateMachineAlias,
  CfnStateMachineVersion,
  DefinitionBody,
  LogLevel,
  StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { stateMachine } from '../../shared/machine/state-machine.ts';
import type { WaybillFunction } from './waybill-function.ts';

/** Executions are started by it, and keep the version that it stood for. */
const aliasName = 'live';

/** ARNs by name, so that functions can know the machine before it exists: it calls one of them. */
export interface MachineArns {
  readonly machine: string;
  readonly alias: string;
  /** Of all its executions. */
  readonly executions: string;
}

export function machineArns(stack: Stack, name: string): MachineArns {
  const arn = (resource: string, resourceName: string): string =>
    stack.formatArn({ service: 'states', resource: `${resource}:${resourceName}` });
  return {
    machine: arn('stateMachine', name),
    alias: arn('stateMachine', `${name}:${aliasName}`),
    executions: arn('execution', `${name}:*`),
  };
}

/** The one state machine, from the same definition as the embedded engine runs. */
export class Machine extends Construct {
  readonly machine: StateMachine;

  constructor(
    scope: Construct,
    id: string,
    props: { readonly name: string; readonly runNode: WaybillFunction; readonly logDays: RetentionDays },
  ) {
    super(scope, id);
    const { functionArn } = props.runNode.lambda;
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineName: props.name,
      definitionBody: DefinitionBody.fromString(JSON.stringify(stateMachine({ run: '${Run}', park: '${Run}' }))),
      definitionSubstitutions: { Run: functionArn },
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', { retention: props.logDays, removalPolicy: RemovalPolicy.DESTROY }),
        level: LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
    this.machine.addToRolePolicy(
      new PolicyStatement({ effect: Effect.ALLOW, actions: ['lambda:InvokeFunction'], resources: [functionArn] }),
    );
    Validations.of(this.machine).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Log delivery and X-Ray know no resources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html',
    });
    this.#publish();
  }

  /** A new revision is a new version; old ones stay for the executions that run them. */
  #publish(): void {
    const version = new CfnStateMachineVersion(this, 'Version', {
      stateMachineArn: this.machine.stateMachineArn,
      stateMachineRevisionId: this.machine.stateMachineRevisionId,
    });
    version.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new CfnStateMachineAlias(this, 'Alias', {
      name: aliasName,
      deploymentPreference: { stateMachineVersionArn: version.attrArn, type: 'ALL_AT_ONCE' },
    });
  }
}

/** To start, and to start again. */
export function grantStart(arns: MachineArns, to: WaybillFunction): void {
  to.allow(['states:StartExecution'], [arns.alias]);
}

/** To end a wait: the token says which. */
export function grantWake(arns: MachineArns, to: WaybillFunction): void {
  to.allow(['states:SendTaskSuccess'], [arns.machine]);
}

/** To stop an execution, and to ask whether it runs. */
export function grantWatch(arns: MachineArns, to: WaybillFunction): void {
  to.allow(
    ['states:StopExecution', 'states:DescribeExecution'],
    [arns.executions],
    'Executions are named at run time.',
  );
}
