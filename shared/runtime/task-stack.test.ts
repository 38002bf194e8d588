import { describe, expect, it } from 'vitest';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import { nodeInput } from '../contracts/task-io.ts';
import { Failure } from '../domain/failure.ts';
import { taskStack } from './task-stack.ts';

const errors: unknown[] = [];
const warned: unknown[] = [];
const ports = partialPorts({
  log: {
    info: () => {},
    warn: (_message, fields) => warned.push(fields),
    error: (_message, fields) => errors.push(fields),
  },
});
const begin = { v: 1, do: 'begin', execution: 'e', machine: 'e' };
const park = { ...begin, do: 'park', stage: 1, token: 't', enteredAt: '2026-11-20T10:00:00Z', retry: 0 };

describe('taskStack', () => {
  it.each([
    ['begin', begin],
    ['the version before', { ...begin, v: 0 }],
    ['enter', { ...begin, do: 'enter', stage: 40 }],
    ['a job', { ...begin, do: 'job', stage: 1, job: 40 }],
    ['a fault', { ...begin, do: 'leave', stage: 1, fault: { error: 'States.Timeout', cause: '' } }],
    ['a stage that waits', park],
    ['a job that waits', { ...park, job: 2 }],
  ])('reads %s', async (_name, input) => {
    expect(await taskStack(ports, nodeInput, async (read) => read)(input)).toEqual(input);
  });

  it.each([
    ['a version to come', { ...begin, v: 2 }],
    ['an unknown operation', { ...begin, do: 'fly' }],
    ['a stage 0', { ...begin, do: 'enter', stage: 0 }],
    ['a job without its stage', { ...begin, do: 'job', job: 1 }],
    ['a park without a token', { ...park, token: '' }],
    ['nothing', undefined],
  ])('refuses %s', async (_name, input) => {
    await expect(taskStack(ports, nodeInput, async () => 'ran')(input)).rejects.toMatchObject({ name: 'internal' });
  });

  it('lets a Failure go on under its own name, and says so', async () => {
    warned.length = 0;
    const failure = new Failure('registryUnavailable', 'down');
    const handle = taskStack(ports, nodeInput, async () => {
      throw failure;
    });
    await expect(handle(begin)).rejects.toBe(failure);
    expect(warned).toEqual([{ code: 'registryUnavailable', error: failure }]);
  });

  it('makes anything else internal, logged once with what it was', async () => {
    errors.length = 0;
    const fault = new TypeError('x of undefined');
    const handle = taskStack(ports, nodeInput, async () => {
      throw fault;
    });
    await expect(handle(begin)).rejects.toMatchObject({ name: 'internal', cause: fault });
    expect(errors).toEqual([{ error: fault }]);
  });
});
