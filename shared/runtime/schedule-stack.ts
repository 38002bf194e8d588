import { anyInput } from '../contracts/task-io.ts';
import type { CallPorts } from './call-stack.ts';
import { type TaskHandler, taskStack } from './task-stack.ts';

/** The middy stack of what the clock calls: there is nothing to read, and what it did is in the log and the metrics. */
export function scheduleStack(ports: CallPorts, handle: () => Promise<void>): TaskHandler<void> {
  return taskStack(ports, anyInput, handle);
}
