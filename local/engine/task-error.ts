/** What the library reads of an error besides its name and message; without these it takes both for true. */
interface EngineError extends Error {
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;
}

/** A fault of a handler, in the words of Step Functions: the error's name, and as Cause the JSON text that Lambda gives. */
export function taskError(fault: unknown): Error {
  const { name, message } = fault instanceof Error ? fault : { name: 'Error', message: String(fault) };
  return named(name, JSON.stringify({ errorType: name, errorMessage: message }));
}

export function timeoutError(): Error {
  return named('States.Timeout', '');
}

/** Like States.Runtime it ends the whole machine: States.ALL does not match it. */
export function dataLimitError(message: string): Error {
  return fatal('States.DataLimitExceeded', message);
}

/** For calls of a machine that has ended: nothing may retry or catch it, and nobody hears of it. */
export function endedError(): Error {
  return fatal('States.Aborted', 'The machine has ended');
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function fatal(name: string, message: string): EngineError {
  return Object.assign(named(name, message), { isRetryable: false, isCatchable: false });
}
