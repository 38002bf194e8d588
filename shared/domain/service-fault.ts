import { Failure } from './failure.ts';

/** Errors of AWS services after which the same call may work, besides those with a status of 429 or 5xx. */
const passing: ReadonlySet<string> = new Set([
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestTimeout',
  'RequestThrottled',
  'LimitExceededException',
  'ConditionalRequestConflict',
  'ExpiredToken',
  'ExpiredTokenException',
  'KmsThrottlingException',
  'KeyUnavailableException',
  'KMSInternalException',
  'TimeoutError',
]);

/**
 * What a called service's error means to a flow: storeUnavailable (try again) or internal. Only the error's name is told; its
 * text may quote what was sent.
 */
export function serviceFailure(service: string, operation: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const name = error instanceof Error ? error.name : 'unknown';
  return mayPass(error)
    ? new Failure('storeUnavailable', `${service} is not available for ${operation} (${name})`, { cause: error })
    : new Failure('internal', `${service} refused ${operation} (${name})`, { cause: error });
}

/** True for the service's error of that name. */
export function isFault(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

/** Whether the same call may work later: throttled, a fault of the service itself, or no answer at all. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (passing.has(error.name)) return true;
  const status = '$metadata' in error ? statusOf(error.$metadata) : undefined;
  if (status !== undefined) return status === 429 || status >= 500;
  // The network failed before there was an answer: the system gives its errors a code.
  return 'code' in error;
}

function statusOf(metadata: unknown): number | undefined {
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
