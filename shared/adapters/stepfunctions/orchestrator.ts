import type { JsonObject } from '../../domain/json.ts';
import type { MachineInput } from '../../domain/machine-io.ts';
import { isFault, serviceFailure } from '../../domain/service-fault.ts';
import type { AwsApi } from '../../ports/aws-api.ts';
import type { Orchestrator } from '../../ports/orchestrator.ts';

/** Starts by the alias, so that executions under way keep their version. Failures: storeUnavailable, internal. */
export function createOrchestrator(aliasArn: string, states: AwsApi): Orchestrator {
  return {
    async start(name, input: MachineInput) {
      const named = { stateMachineArn: aliasArn, name, input: JSON.stringify(input) };
      // Already started and over: a name is given to one thing only, so it is this one.
      await unless(['ExecutionAlreadyExists'], 'StartExecution', () => states.call('StartExecution', named));
    },
    async wake(taskToken) {
      const stale = ['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'];
      await unless(stale, 'SendTaskSuccess', () => states.call('SendTaskSuccess', { taskToken, output: '{}' }));
    },
    async stop(name, reason) {
      const executionArn = executionArnOf(aliasArn, name);
      const stopped = { executionArn, error: 'stopped', cause: reason.slice(0, 32_768) };
      await unless(['ExecutionDoesNotExist'], 'StopExecution', () => states.call('StopExecution', stopped));
    },
    async running(name) {
      const named = { executionArn: executionArnOf(aliasArn, name) };
      const described = await unless(['ExecutionDoesNotExist'], 'DescribeExecution', () =>
        states.call('DescribeExecution', named),
      );
      return described === undefined ? undefined : described.status === 'RUNNING';
    },
  };
}

async function unless(
  names: readonly string[],
  operation: string,
  call: () => Promise<JsonObject>,
): Promise<JsonObject | undefined> {
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
