import { Failure, type FailureCode } from '../domain/failure.ts';
import { HttpProblem } from './http-problem.ts';

/**
 * Failure -> HTTP status, only what a route can meet. Codes that are absent end nodes and executions, never a request;
 * should one come up all the same, the input asked for the impossible: 422, not a 5xx.
 */
const statusOf: Partial<Record<FailureCode, number>> = {
  // what a store says of a cursor that it did not give
  invalidInput: 400,
  ownerRequired: 403,
  artifactNotFound: 404,
  conflict: 409,
  tagExists: 409,
  superseded: 410,
  cancelled: 410,
  approvalExpired: 410,
  deadlineExceeded: 410,
  tooLarge: 413,
  registryUnavailable: 503,
  outboundUnavailable: 503,
  storeUnavailable: 503,
  storageFull: 507,
  engineStopped: 500,
  internal: 500,
};

/** Seconds after which asking again may help. */
const retryAfter = '2';

/** The HTTP answer to a Failure; undefined where it is a fault of ours (500). */
export function failureProblem(failure: Failure): HttpProblem | undefined {
  const status = statusOf[failure.code] ?? 422;
  if (status === 500) return undefined;
  return new HttpProblem(status, status === 400 ? 'malformed' : failure.code, failure.message, {
    cause: failure,
    headers: status === 503 || status === 507 ? { 'retry-after': retryAfter } : {},
  });
}

/** Whatever was thrown, as an answer. An unknown fault says nothing but its correlation id. */
export function problemOf(error: unknown, correlationId: string): HttpProblem {
  if (error instanceof HttpProblem) return error;
  const known = error instanceof Failure ? failureProblem(error) : undefined;
  return known ?? new HttpProblem(500, 'internal', internalDetail(correlationId), { cause: error });
}

function internalDetail(correlationId: string): string {
  return `An unexpected fault of the service. Its log has the details under correlation id ${correlationId}.`;
}
