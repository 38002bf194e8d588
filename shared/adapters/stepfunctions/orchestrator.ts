import {
  DescribeExecutionCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { MachineInput } from '../../domain/machine-io.ts';
import { isFault, serviceFailure } from '../../domain/service-fault.ts';
import type { Orchestrator } from '../../ports/orchestrator.ts';

/** Starts by the alias, so that executions under way keep their version. Failures: storeUnavailable, internal. */
export function createOrchestrator(aliasArn: string, client: Pick<SFNClient, 'send'> = ownClient()): Orchestrator {
  return {
    async start(name, input: MachineInput) {
      const command = new StartExecutionCommand({ stateMachineArn: aliasArn, name, input: JSON.stringify(input) });
      // Already started and over: a name is given to one thing only, so it is this one.
      await unless(['ExecutionAlreadyExists'], 'StartExecution', () => client.send(command));
    },
    async wake(taskToken) {
      const command = new SendTaskSuccessCommand({ taskToken, output: '{}' });
      const stale = ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'];
      await unless(stale, 'SendTaskSuccess', () => client.send(command));
    },
    async stop(name, reason) {
      const executionArn = executionArnOf(aliasArn, name);
      const command = new StopExecutionCommand({ executionArn, error: 'stopped', cause: reason.slice(0, 32_768) });
      await unless(['ExecutionDoesNotExist'], 'StopExecution', () => client.send(command));
    },
    async running(name) {
      const command = new DescribeExecutionCommand({ executionArn: executionArnOf(aliasArn, name) });
      const described = await unless(['ExecutionDoesNotExist'], 'DescribeExecution', () => client.send(command));
      return described === undefined ? undefined : described.status === 'RUNNING';
    },
  };
}

async function unless<T>(names: readonly string[], operation: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isFault(error, ...names)) return undefined;
    throw serviceFailure('Step Functions', operation, error);
  }
}

/** `arn:…:stateMachine:<machine>:<alias>` -> `arn:…:execution:<machine>:<name>`: an execution's ARN never names the alias. */
function executionArnOf(aliasArn: string, name: string): string {
  const [arn, partition, service, region, account, , machine] = aliasArn.split(':');
  return [arn, partition, service, region, account, 'execution', machine, name].join(':');
}

function ownClient(): SFNClient {
  return new SFNClient({
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
}
