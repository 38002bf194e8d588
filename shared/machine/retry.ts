import { failureCodes } from '../domain/failure.ts';

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
  readonly JitterStrategy: 'FULL';
}

/** Faults of calling a function, not of the function: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception */
const invocationErrors = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.TooManyRequestsException',
] as const;

/** The sandbox died or ran out of time: newer runtimes give it a name of their own instead of Lambda.Unknown. */
const crashErrors = ['Lambda.Unknown', 'Sandbox.Timedout', 'Runtime.ExitError', 'States.Timeout'] as const;

/**
 * Every Task's Retry. What may pass by itself is tried for about five minutes; a call that crashed or hung only twice, because
 * each time may cost its whole time-out.
 */
export function retriers(): readonly Retrier[] {
  return [
    retrier([...retryableCodes(), ...invocationErrors], { seconds: 1, attempts: 8, cap: 120 }),
    retrier(crashErrors, { seconds: 2, attempts: 2, cap: 30 }),
  ];
}

function retryableCodes(): readonly string[] {
  return Object.entries(failureCodes)
    .filter(([, { retryable }]) => retryable)
    .map(([code]) => code);
}

function retrier(
  errors: readonly string[],
  { seconds, attempts, cap }: { readonly seconds: number; readonly attempts: number; readonly cap: number },
): Retrier {
  return {
    ErrorEquals: errors,
    IntervalSeconds: seconds,
    MaxAttempts: attempts,
    BackoffRate: 2,
    MaxDelaySeconds: cap,
    JitterStrategy: 'FULL',
  };
}
