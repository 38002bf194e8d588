import { nodeInput } from '../../shared/contracts/task-io.ts';
import type { ParkInput, TaskInput, TaskOutput } from '../../shared/domain/machine-io.ts';
import { runNode } from '../../shared/flows/run/run-node.ts';
import type { CallKeys } from '../../shared/ports/metrics.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { type TaskHandler, taskStack } from '../../shared/runtime/task-stack.ts';

/** The machine's one function: a node's next effect, or the token of a task that waits; a token has no answer. */
export function createHandler(ports: Ports): TaskHandler<TaskOutput | undefined> {
  return taskStack(ports, nodeInput, async (input) => {
    ports.calls?.about(keysOf(input));
    if (input.do !== 'park') return runNode(ports, input);
    const { parkNode } = await import('../../shared/flows/run/park-node.ts');
    await parkNode(ports, input);
    return undefined;
  });
}

function keysOf(input: TaskInput | ParkInput): CallKeys {
  const { execution: executionId, machine } = input;
  const stage = 'stage' in input ? input.stage : undefined;
  const job = 'job' in input ? input.job : undefined;
  return { correlation_id: executionId, executionId, machine, task: input.do, stage, job };
}

export const handler = lambdaHandler(async () => {
  const { awsPorts } = await import('../aws-ports.ts');
  return createHandler(awsPorts());
});
