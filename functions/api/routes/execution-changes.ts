import { startedExecution } from '../../../shared/contracts/executions.ts';
import type { Caller } from '../../../shared/domain/caller.ts';
import { cancelExecution } from '../../../shared/flows/cancel-execution.ts';
import { mayChangeExecution } from '../../../shared/flows/may-change-execution.ts';
import { retryExecution } from '../../../shared/flows/retry-execution.ts';
import type { Ports } from '../../../shared/ports/ports.ts';
import { forbiddenProblem, HttpProblem, notFoundProblem } from '../../../shared/runtime/http-problem.ts';
import { route } from '../../../shared/runtime/route.ts';
import { noBody } from './no-body.ts';

const cancel = route({
  method: 'POST',
  path: '/v1/executions/{id}/cancel',
  operation: 'cancelExecution',
  summary: 'Stops an execution at its next effect',
  access: 'caller',
  body: noBody,
  answers: { 202: { description: 'It stops', schema: startedExecution } },
  async handle(ports, { caller, params }) {
    const id = await changeable(ports, caller, params);
    const answer = await cancelExecution(ports, { id, by: caller.subject });
    if (answer.kind === 'notFound') throw notFoundProblem('execution');
    if (answer.kind === 'ended') {
      const detail = `The execution has ended already, as ${answer.execution.status}.`;
      throw new HttpProblem(409, 'ended', detail);
    }
    return { status: 202, body: { executionId: id, attempt: answer.execution.attempt } };
  },
});

const retry = route({
  method: 'POST',
  path: '/v1/executions/{id}/retry',
  operation: 'retryExecution',
  summary: 'Runs again what failed and what depended on it',
  access: 'caller',
  body: noBody,
  answers: { 202: { description: 'The next attempt', schema: startedExecution } },
  async handle(ports, { caller, params }) {
    const id = await changeable(ports, caller, params);
    const answer = await retryExecution(ports, { id, by: caller.subject });
    if (answer.kind === 'notFound') throw notFoundProblem('execution');
    if (answer.kind === 'notRetryable') throw new HttpProblem(409, 'notRetryable', answer.message);
    return { status: 202, body: { executionId: id, attempt: answer.execution.attempt } };
  },
});

/** The id, once it is sure that the caller may change that execution. */
async function changeable(ports: Ports, caller: Caller, params: Readonly<Record<string, string>>): Promise<string> {
  const id = params.id ?? '';
  const right = await mayChangeExecution(ports, { caller, id });
  if (right.kind === 'notFound') throw notFoundProblem('execution');
  if (right.kind === 'forbidden') throw forbiddenProblem(right.message);
  return id;
}

export const executionChangeRoutes = [cancel, retry];
