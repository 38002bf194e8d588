import { type MachineInput, type ParkInput, type TaskInput, taskVersion } from '../domain/machine-io.ts';
import { retriers } from './retry.ts';

/** What the definition calls: both may be the same function, which reads `do`. */
export interface MachineArns {
  /** Run: does the next effect of a node. */
  readonly run: string;
  /** Registers the token of a task that waits. */
  readonly park: string;
}

/** Longest call of Run; a function's own time-out must not be longer. */
export const runTimeoutSeconds = 900;

/** A waiting task asks the ledger again after a day, so that a lost wake costs time and a wait never meets an engine's limit. */
const parkTimeoutSeconds = 86_400;

/** Largest allowed for an inline Map: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-asl-use-map-state-inline.html */
const maxConcurrency = 40;

type State = Readonly<Record<string, unknown>>;
type States = Readonly<Record<string, State>>;
type Fields = Readonly<Record<string, unknown>>;

interface Node {
  /** Name of the Task; its other states take their names from it. */
  readonly name: string;
  readonly do: TaskInput['do'];
  /** What the Payload says besides version, operation, execution and machine. */
  readonly at: Fields;
  readonly done: readonly Fields[];
  /** Where the branch goes when not even the fault could be recorded. */
  readonly lost: string;
  readonly parks: boolean;
}

/**
 * The one machine, the same on both engines (JSONPath only). It knows a plan's shape by ordinals that Begin and Enter answer, and
 * nothing else: what happens at a node, and what comes next, is decided by Run over the ledger. So a machine that is started
 * again walks the same way and does nothing twice.
 */
export function stateMachine(arns: MachineArns): object {
  const begun = [hasList('stages', 'Stages'), isNext('done', 'End')];
  const ended = [isNext('done', 'Done')];
  return {
    Comment: 'Waybill: stages side by side, their jobs side by side, the steps of a job one after the other',
    StartAt: 'Begin',
    States: {
      ...node(arns, { name: 'Begin', do: 'begin', at: {}, done: begun, lost: 'End', parks: false }),
      Stages: map(stageStates(arns), { start: 'Enter', items: 'stages', each: 'stage', next: 'End' }),
      ...node(arns, { name: 'End', do: 'end', at: {}, done: ended, lost: 'Lost', parks: false }),
      Done: succeed(),
      // A machine that fails is finished from outside, from the engine's own report of its end.
      Lost: { Type: 'Fail', Error: 'internal', Cause: 'The end of the execution could not be recorded' },
    },
  };
}

function stageStates(arns: MachineArns): States {
  const stage = { 'stage.$': '$.stage' };
  // A stage that will not run answers no list of jobs; an empty list passes through the Map.
  const entered = [hasList('jobs', 'Jobs'), isNext('done', 'Leave')];
  const left = [isNext('done', 'StageDone')];
  return {
    ...node(arns, { name: 'Enter', do: 'enter', at: stage, done: entered, lost: 'Leave', parks: true }),
    Jobs: map(jobStates(arns), { start: 'Job', items: 'jobs', each: 'job', next: 'Leave', at: stage }),
    ...node(arns, { name: 'Leave', do: 'leave', at: stage, done: left, lost: 'StageDone', parks: true }),
    StageDone: succeed(),
  };
}

function jobStates(arns: MachineArns): States {
  const at = { 'stage.$': '$.stage', 'job.$': '$.job' };
  const ended = [isNext('done', 'JobDone')];
  return {
    ...node(arns, { name: 'Job', do: 'job', at, done: ended, lost: 'JobDone', parks: true }),
    JobDone: succeed(),
  };
}

/** A node of the plan: Run in a loop, by its four answers. */
function node(arns: MachineArns, spec: Node): States {
  const { name } = spec;
  const answers = [...spec.done, isNext('again', name), isNext('pause', `${name}Pause`)];
  return {
    [name]: run(arns, spec, {
      next: `${name}Answer`,
      catch: { ErrorEquals: ['States.ALL'], ResultPath: '$.fault', Next: `${name}Fault` },
    }),
    [`${name}Answer`]: {
      Type: 'Choice',
      Choices: spec.parks ? [...answers, isNext('park', `${name}Park`)] : answers,
    },
    // A time, not a number of seconds: a machine that is started again does not begin to wait anew.
    [`${name}Pause`]: { Type: 'Wait', TimestampPath: '$.run.answer.until', Next: name },
    ...(spec.parks ? { [`${name}Park`]: park(arns, spec) } : {}),
    // What could not be done is recorded by the same operation, and the other branches go on.
    [`${name}Fault`]: run(arns, spec, {
      fault: { 'error.$': '$.fault.Error', 'cause.$': '$.fault.Cause' },
      next: `${name}Answer`,
      catch: { ErrorEquals: ['States.ALL'], ResultPath: null, Next: spec.lost },
    }),
  };
}

function run(
  arns: MachineArns,
  spec: Node,
  to: { readonly next: string; readonly catch: Fields; readonly fault?: Fields },
): State {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Parameters: {
      FunctionName: arns.run,
      Payload: { ...payload(spec.do, spec.at), ...(to.fault === undefined ? {} : { fault: to.fault }) },
    },
    TimeoutSeconds: runTimeoutSeconds,
    // Only the answer: the rest of what an invocation reports would make the state grow.
    ResultSelector: { 'answer.$': '$.Payload' },
    ResultPath: '$.run',
    Retry: retriers(),
    Catch: [to.catch],
    Next: to.next,
  };
}

/** Waits for a wake. However it ends (a wake, a day, a fault) Run asks the ledger again: the token only wakes. */
function park(arns: MachineArns, spec: Node): State {
  const waiting = {
    'token.$': '$$.Task.Token',
    'enteredAt.$': '$$.State.EnteredTime',
    'retry.$': '$$.State.RetryCount',
  };
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
    Parameters: { FunctionName: arns.park, Payload: payload('park', { ...spec.at, ...waiting }) },
    TimeoutSeconds: parkTimeoutSeconds,
    ResultPath: null,
    Retry: retriers().map(withoutTimeout),
    Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: spec.name }],
    Next: spec.name,
  };
}

/** To be waited for a day is not a fault of the call. */
function withoutTimeout(retrier: ReturnType<typeof retriers>[number]): object {
  return { ...retrier, ErrorEquals: retrier.ErrorEquals.filter((error) => error !== 'States.Timeout') };
}

function payload(op: (TaskInput | ParkInput)['do'], at: Fields): Fields {
  return { v: taskVersion, do: op, ...ids, ...at };
}

const ids = { 'execution.$': '$.execution', 'machine.$': '$.machine' } as const satisfies Readonly<
  Record<`${keyof Omit<MachineInput, 'v'>}.$`, string>
>;

function map(
  states: States,
  to: {
    readonly start: string;
    readonly items: 'stages' | 'jobs';
    readonly each: 'stage' | 'job';
    readonly next: string;
    readonly at?: Fields;
  },
): State {
  return {
    Type: 'Map',
    ItemsPath: `$.run.answer.${to.items}`,
    ItemSelector: { ...ids, ...to.at, [`${to.each}.$`]: '$$.Map.Item.Value' },
    MaxConcurrency: maxConcurrency,
    ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: to.start, States: states },
    ResultPath: null,
    Next: to.next,
  };
}

/** Ends a branch with nothing: a Map's results are state, and state has a limit. */
function succeed(): State {
  return { Type: 'Succeed', InputPath: null };
}

function isNext(next: string, to: string): Fields {
  return { Variable: '$.run.answer.next', StringEquals: next, Next: to };
}

function hasList(list: 'stages' | 'jobs', to: string): Fields {
  return {
    And: [
      { Variable: '$.run.answer.next', StringEquals: 'done' },
      { Variable: `$.run.answer.${list}`, IsPresent: true },
    ],
    Next: to,
  };
}
