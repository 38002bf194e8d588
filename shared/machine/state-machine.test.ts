import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { failureCodes } from '../domain/failure.ts';
import { stateMachine } from './state-machine.ts';

type Validator = (definition: unknown) => { readonly isValid: boolean; errorsText(separator: string): string };
// The package has no types of its own.
const require = createRequire(import.meta.url);
const validate: Validator = require('asl-validator');

const arns = {
  run: 'arn:aws:lambda:eu-west-1:123456789012:function:run',
  park: 'arn:aws:lambda:eu-west-1:123456789012:function:park',
};

interface FlatState {
  readonly name: string;
  readonly state: Readonly<Record<string, unknown>>;
}

function flatten(definition: unknown): FlatState[] {
  const { States } = definition as { States: Record<string, Record<string, unknown>> };
  return Object.entries(States).flatMap(([name, state]) => [
    { name, state },
    ...(state.ItemProcessor === undefined ? [] : flatten(state.ItemProcessor)),
  ]);
}

const states = flatten(stateMachine(arns));
const tasks = states.filter(({ state }) => state.Type === 'Task');
const runs = tasks.filter(({ state }) => state.Resource === 'arn:aws:states:::lambda:invoke');
const parks = tasks.filter(({ state }) => state.Resource === 'arn:aws:states:::lambda:invoke.waitForTaskToken');

describe('the state machine', () => {
  it('is valid Amazon States Language', () => {
    const { isValid, errorsText } = validate(stateMachine(arns));
    expect(isValid ? '' : errorsText('\n')).toBe('');
  });

  it('is seen to be invalid when a transition leads nowhere', () => {
    const broken = structuredClone(stateMachine(arns)) as { States: { Begin: { Next: string } } };
    broken.States.Begin.Next = 'Nowhere';
    expect(validate(broken).isValid).toBe(false);
  });

  it('is the same bytes for the same arns', () => {
    expect(JSON.stringify(stateMachine({ ...arns }))).toBe(JSON.stringify(stateMachine(arns)));
  });

  it('fits into a definition of 1 MB many times over', () => {
    expect(JSON.stringify(stateMachine(arns)).length).toBeLessThan(32_768);
  });

  it('has unique and stable state names', () => {
    expect(states.map(({ name }) => name)).toMatchInlineSnapshot(`
      [
        "Begin",
        "BeginAnswer",
        "BeginPause",
        "BeginFault",
        "Stages",
        "Enter",
        "EnterAnswer",
        "EnterPause",
        "EnterPark",
        "EnterFault",
        "Jobs",
        "Job",
        "JobAnswer",
        "JobPause",
        "JobPark",
        "JobFault",
        "JobDone",
        "Leave",
        "LeaveAnswer",
        "LeavePause",
        "LeavePark",
        "LeaveFault",
        "StageDone",
        "End",
        "EndAnswer",
        "EndPause",
        "EndFault",
        "Done",
        "Lost",
      ]
    `);
  });

  it('speaks JSONPath only', () => {
    expect(JSON.stringify(stateMachine(arns))).not.toMatch(/QueryLanguage|\{%|"Arguments"|"Assign"/);
  });

  it('runs every operation, and every one again for its fault', () => {
    const ops = runs.map(({ name, state }) => {
      const { FunctionName, Payload } = state.Parameters as { FunctionName: string; Payload: Record<string, unknown> };
      expect(FunctionName).toBe(arns.run);
      return `${name} ${Payload.do} ${Object.keys(Payload).join(',')}`;
    });
    expect(ops).toEqual([
      'Begin begin v,do,execution.$,machine.$',
      'BeginFault begin v,do,execution.$,machine.$,fault',
      'Enter enter v,do,execution.$,machine.$,stage.$',
      'EnterFault enter v,do,execution.$,machine.$,stage.$,fault',
      'Job job v,do,execution.$,machine.$,stage.$,job.$',
      'JobFault job v,do,execution.$,machine.$,stage.$,job.$,fault',
      'Leave leave v,do,execution.$,machine.$,stage.$',
      'LeaveFault leave v,do,execution.$,machine.$,stage.$,fault',
      'End end v,do,execution.$,machine.$',
      'EndFault end v,do,execution.$,machine.$,fault',
    ]);
  });

  it('waits under a token at stages and jobs', () => {
    expect(parks.map(({ name }) => name)).toEqual(['EnterPark', 'JobPark', 'LeavePark']);
    expect(parks[1]?.state.Parameters).toHaveProperty('Payload', {
      v: 1,
      do: 'park',
      'execution.$': '$.execution',
      'machine.$': '$.machine',
      'stage.$': '$.stage',
      'job.$': '$.job',
      'token.$': '$$.Task.Token',
      'enteredAt.$': '$$.State.EnteredTime',
      'retry.$': '$$.State.RetryCount',
    });
  });

  it.each(tasks)('$name has a fixed time-out, retries and a catch of all', ({ state }) => {
    expect(state.TimeoutSeconds).toBe(parks.some((park) => park.state === state) ? 86_400 : 900);
    expect((state.Catch as { ErrorEquals: string[] }[]).at(-1)?.ErrorEquals).toEqual(['States.ALL']);
    for (const retrier of state.Retry as object[]) {
      expect(retrier).toMatchObject({ BackoffRate: 2, JitterStrategy: 'FULL', MaxDelaySeconds: expect.any(Number) });
    }
  });

  it.each(runs)('$name retries exactly the codes that the failure table calls retryable', ({ state }) => {
    const retried = (state.Retry as { ErrorEquals: string[] }[]).flatMap(({ ErrorEquals }) => ErrorEquals);
    for (const [code, { retryable }] of Object.entries(failureCodes)) {
      expect([code, retried.includes(code)]).toEqual([code, retryable]);
    }
    expect(retried).toEqual(
      expect.arrayContaining(['Lambda.TooManyRequestsException', 'Lambda.Unknown', 'States.Timeout']),
    );
  });

  it.each(parks)('$name does not count its day as a fault to retry', ({ state }) => {
    expect(JSON.stringify(state.Retry)).not.toContain('States.Timeout');
  });

  it('lets no branch hand on more than nothing', () => {
    const maps = states.filter(({ state }) => state.Type === 'Map');
    const ends = states.filter(({ state }) => state.Type === 'Succeed');
    expect(maps.map(({ state }) => [state.ResultPath, state.MaxConcurrency])).toEqual([
      [null, 40],
      [null, 40],
    ]);
    expect(ends.map(({ state }) => state.InputPath)).toEqual([null, null, null]);
  });
});
