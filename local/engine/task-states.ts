/** A Task of a definition, as far as the engine has to know it. */
export interface TaskState {
  readonly name: string;
  /** It ends by its token, not by its call. */
  readonly waits: boolean;
  readonly timeoutMs: number;
}

/** setTimeout fires at once beyond this: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Every Task of a definition, nested ones too. Throws where the library would do something else than Step Functions: without a
 * TimeoutSeconds it takes 60 s, and one of over 24 days is over at once.
 */
export function taskStates(definition: unknown): readonly TaskState[] {
  const states = field(definition, 'States');
  if (!isRecord(states)) return [];
  return Object.entries(states).flatMap(([name, state]) => [
    ...(field(state, 'Type') === 'Task' ? [taskState(name, state)] : []),
    ...taskStates(field(state, 'ItemProcessor')),
  ]);
}

function taskState(name: string, state: unknown): TaskState {
  const seconds = field(state, 'TimeoutSeconds');
  if (typeof seconds !== 'number') throw new Error(`State ${name}: a Task needs a fixed TimeoutSeconds`);
  if (seconds * 1000 > longestTimerMs) throw new Error(`State ${name}: TimeoutSeconds may be at most 24 days`);
  const resource = field(state, 'Resource');
  if (typeof resource !== 'string') throw new Error(`State ${name}: a Task needs a Resource`);
  return { name, waits: resource.endsWith('.waitForTaskToken'), timeoutMs: seconds * 1000 };
}

function field(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
