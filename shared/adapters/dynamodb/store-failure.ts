import { Failure } from '../../domain/failure.ts';

/** Errors after which the same call may work: throttling, the service's own faults, a table that is still being made. */
const transientErrors: ReadonlySet<string> = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'RequestLimitExceeded',
  'LimitExceededException',
  'InternalServerError',
  'ServiceUnavailable',
  'ResourceInUseException',
  'ResourceNotFoundException',
  'TransactionConflictException',
  'ExpiredTokenException',
]);

/** What an SDK error means outside this adapter. Only the SDK's name for it is told: its message may quote an item. */
export function storeFailure(error: unknown, operation: string): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof Error)) return new Failure('internal', `The table did not answer ${operation} as it should.`);
  if (/disk is full|no space left/i.test(error.message)) {
    return new Failure('storageFull', 'The disk that holds the table is full. Free some space.', { cause: error });
  }
  if (isTransient(error)) {
    return new Failure('storeUnavailable', `The table is not available for ${operation} (${error.name}).`, {
      cause: error,
    });
  }
  return new Failure('internal', `The table refused ${operation} (${error.name}).`, { cause: error });
}

function isTransient(error: Error): boolean {
  if (transientErrors.has(error.name)) return true;
  const status = statusOf(error);
  if (status !== undefined) return status >= 500;
  // The network failed before there was an answer: the SDK adds its metadata, the system its code.
  return '$metadata' in error || 'code' in error;
}

function statusOf(error: Error): number | undefined {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return undefined;
  const metadata = error.$metadata;
  return 'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : undefined;
}
