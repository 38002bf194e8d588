import { expect, it } from 'vitest';
import { Failure } from '../../domain/failure.ts';
import { awsCall } from './aws-call.ts';

function serviceError(name: string, status: number | undefined): Error {
  return Object.assign(new Error('why'), { name, $metadata: status === undefined ? {} : { httpStatusCode: status } });
}

it.each<[string, unknown, string, boolean]>([
  ['throttling', serviceError('ThrottlingException', 400), 'targetUnavailable', true],
  ['a fault of the service', serviceError('SomethingElse', 503), 'targetUnavailable', true],
  ['no answer', serviceError('TimeoutError', undefined), 'targetUnavailable', true],
  ['no connection', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'targetUnavailable', true],
  ['an update under way', serviceError('ResourceConflictException', 409), 'targetUnavailable', true],
  ['a right that is missing', serviceError('AccessDeniedException', 400), 'targetDenied', false],
  ['a cluster that is not there', serviceError('ClusterNotFoundException', 400), 'targetNotFound', false],
  ['a function that is not there', serviceError('ResourceNotFoundException', 404), 'targetNotFound', false],
  ['an input that is refused', serviceError('InvalidParameterException', 400), 'targetRefused', false],
  ['a fault of ours', new Failure('digestRequired', 'x'), 'digestRequired', false],
  ['what is no error', 'text', 'internal', false],
])('%s', async (_name, thrown, code, retryable) => {
  await expect(awsCall('Service shop', () => Promise.reject(thrown))).rejects.toMatchObject({ code, retryable });
});

it('names the target and what the service said', async () => {
  const thrown = serviceError('InvalidParameterException', 400);
  await expect(awsCall('Service shop', () => Promise.reject(thrown))).rejects.toThrow(
    'Service shop: InvalidParameterException: why',
  );
});
