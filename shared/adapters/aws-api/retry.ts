/** As the standard mode of the AWS SDKs does it (docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). */
const firstDelayMs = 100;
const throttledDelayMs = 500;
const longestDelayMs = 20_000;
const tokens = 500;
const tokensPerRetry = 5;

const throttling: ReadonlySet<string> = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

const passing: ReadonlySet<string> = new Set(['RequestTimeout', 'RequestTimeoutException', 'UnreadableAnswer']);

/** Signed with a clock that is too far from the service's. */
const skewed: ReadonlySet<string> = new Set([
  'AuthFailure',
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
]);

export type Retry = 'no' | 'throttled' | 'soon';

/** Whether the same call may work if it is made again. `clockMoved`: this answer told us the right time. */
export function retryOf(error: unknown, clockMoved: boolean): Retry {
  if (!(error instanceof Error)) return 'no';
  if (throttling.has(error.name)) return 'throttled';
  if (passing.has(error.name) || (clockMoved && skewed.has(error.name))) return 'soon';
  const status = statusOf(error);
  if (status === undefined) return 'code' in error ? 'soon' : 'no';
  if (status === 429) return 'throttled';
  return [500, 502, 503, 504].includes(status) ? 'soon' : 'no';
}

/** Milliseconds before the attempt that follows `attempt` (from 1): any up to twice as long each time. */
export function delayOf(retry: Exclude<Retry, 'no'>, attempt: number, random: number): number {
  const first = retry === 'throttled' ? throttledDelayMs : firstDelayMs;
  return Math.floor(random * Math.min(longestDelayMs, first * 2 ** (attempt - 1)));
}

/** When most calls fail, retries only add to it: each takes from a bucket that calls which work fill again. */
export function createRetryQuota() {
  let left = tokens;
  return {
    take(): boolean {
      if (left < tokensPerRetry) return false;
      left -= tokensPerRetry;
      return true;
    },
    /** A call worked, after so many retries. */
    worked(retries: number): void {
      left = Math.min(tokens, left + (retries === 0 ? 1 : tokensPerRetry));
    },
  };
}

function statusOf(error: Error): number | undefined {
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return undefined;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
