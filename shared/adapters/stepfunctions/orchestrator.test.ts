import { describe, expect, it } from 'vitest';
import { type AwsAnswer, fakeAws } from '../../../test/fake-aws.ts';
import type { Orchestrator } from '../../ports/orchestrator.ts';
import { createOrchestrator } from './orchestrator.ts';

const alias = 'arn:aws:states:eu-west-1:123456789012:stateMachine:waybill:live';
const execution = 'arn:aws:states:eu-west-1:123456789012:execution:waybill:shop-1';
const input = { v: 1, execution: 'shop-1', machine: 'shop-1' };

function rig(answer: AwsAnswer) {
  const aws = fakeAws(() => answer);
  return { ...aws, port: createOrchestrator(alias, aws.api('states')) };
}

const calls: Record<string, (port: Orchestrator) => Promise<unknown>> = {
  start: (port) => port.start('shop-1', input),
  wake: (port) => port.wake('token'),
  stop: (port) => port.stop('shop-1', 'cancelled'),
  running: (port) => port.running('shop-1'),
};
const call = (name: string, port: Orchestrator): Promise<unknown> => {
  const made = calls[name];
  if (made === undefined) throw new Error(name);
  return made(port);
};

describe('the Step Functions orchestrator', () => {
  it.each<[string, string, object]>([
    ['start', 'StartExecution', { stateMachineArn: alias, name: 'shop-1', input: JSON.stringify(input) }],
    ['wake', 'SendTaskSuccess', { taskToken: 'token', output: '{}' }],
    ['stop', 'StopExecution', { executionArn: execution, error: 'stopped', cause: 'cancelled' }],
    ['running', 'DescribeExecution', { executionArn: execution }],
  ])('%s calls %s', async (name, operation, body) => {
    const { port, calls: made } = rig({
      json: { executionArn: execution, startDate: 1, stopDate: 1, status: 'RUNNING' },
    });
    await call(name, port);
    expect(made).toHaveLength(1);
    expect([made[0]?.operation, JSON.parse(made[0]?.body ?? '')]).toEqual([operation, body]);
  });

  it.each([
    ['start', 'ExecutionAlreadyExists'],
    ['wake', 'TaskTimedOut'],
    ['wake', 'TaskDoesNotExist'],
    ['wake', 'InvalidToken'],
    ['stop', 'ExecutionDoesNotExist'],
    ['running', 'ExecutionDoesNotExist'],
  ])('%s takes %s for no error', async (name, error) => {
    const { port } = rig({ error });
    await expect(call(name, port)).resolves.toBeUndefined();
  });

  it.each([
    ['RUNNING', true],
    ['SUCCEEDED', false],
    ['FAILED', false],
    ['TIMED_OUT', false],
    ['ABORTED', false],
  ])('says of %s that it runs: %s', async (status, expected) => {
    const { port } = rig({ json: { executionArn: execution, status } });
    expect(await port.running('shop-1')).toBe(expected);
  });

  it.each<[AwsAnswer, string]>([
    [{ error: 'ThrottlingException' }, 'storeUnavailable'],
    [{ error: 'InternalFailure', status: 500 }, 'storeUnavailable'],
    [{ broken: 'ECONNRESET' }, 'storeUnavailable'],
    [{ error: 'StateMachineDoesNotExist' }, 'internal'],
    [{ error: 'AccessDeniedException' }, 'internal'],
  ])('takes %j for %s', async (answer, code) => {
    for (const name of Object.keys(calls)) {
      await expect(call(name, rig(answer).port)).rejects.toMatchObject({ name: code });
    }
  });
});
