import { nodeInput } from '../../shared/contracts/task-io.ts';
import type { TaskOutput } from '../../shared/domain/machine-io.ts';
import { parkNode } from '../../shared/flows/run/park-node.ts';
import { runNode } from '../../shared/flows/run/run-node.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { lambdaHandler } from '../../shared/runtime/lambda-handler.ts';
import { type TaskHandler, taskStack } from '../../shared/runtime/task-stack.ts';

/** The machine's one function: a node's next effect, or the token of a task that waits; a token has no answer. */
export function createHandler(ports: Ports): TaskHandler<TaskOutput | undefined> {
  return taskStack(ports, nodeInput, async (input) => {
    if (input.do !== 'park') return runNode(ports, input);
    await parkNode(ports, input);
    return undefined;
  });
}

export const handler = lambdaHandler(async () => {
  const { awsPorts } = await import('../aws-ports.ts');
  return createHandler(awsPorts());
});
