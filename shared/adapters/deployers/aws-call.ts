import { Failure } from '../../domain/failure.ts';

/** Errors after which the same call may work (docs.aws.amazon.com/general/latest/gr/api-retries.html, and the services' own). */
const transient =
  /^(Throttl|TooManyRequests|RequestLimitExceeded|ServiceUnavailable|ServerException|InternalServer|InternalFailure|ResourceConflict|ServiceException)/;
const denied =
  /^(AccessDenied|UnauthorizedOperation|UnrecognizedClient|InvalidClientToken|ExpiredToken|SignatureDoesNotMatch)/;
const missing = /NotFound|NotActive|DoesNotExist/;

/** Runs calls of an AWS service; what it throws becomes a Failure that names the service's own error and its message. */
export async function awsCall<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw awsFailure(what, error);
  }
}

function awsFailure(what: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (!(error instanceof Error)) return new Failure('internal', `${what}: the service answered what nobody can read.`);
  const { name } = error;
  const options = { cause: error };
  const told = `${what}: ${name}: ${error.message.slice(0, 500)}`;
  if (transient.test(name) || isServerFault(error)) return new Failure('targetUnavailable', told, options);
  if (denied.test(name)) return new Failure('targetDenied', `${told} Check the role of this step.`, options);
  if (missing.test(name)) return new Failure('targetNotFound', told, options);
  return new Failure('targetRefused', told, options);
}

/** A 5xx, or no answer at all. */
function isServerFault(error: Error): boolean {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null)
    return 'code' in error;
  const status = 'httpStatusCode' in error.$metadata ? error.$metadata.httpStatusCode : undefined;
  return typeof status !== 'number' || status >= 500;
}
