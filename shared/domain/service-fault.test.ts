import { describe, expect, it } from 'vitest';
import { Failure } from './failure.ts';
import { isFault, serviceFailure } from './service-fault.ts';

const named = (name: string, more: object = {}): Error => Object.assign(new Error('quotes: s3cret'), { name }, more);

describe('serviceFailure', () => {
  it.each<[string, unknown, string]>([
    ['throttling', named('ThrottlingException', { $metadata: { httpStatusCode: 400 } }), 'storeUnavailable'],
    ['a fault of the service', named('InternalFailure', { $metadata: { httpStatusCode: 500 } }), 'storeUnavailable'],
    ['too many requests', named('Whatever', { $metadata: { httpStatusCode: 429 } }), 'storeUnavailable'],
    ['a broken connection', named('Error', { code: 'ECONNRESET' }), 'storeUnavailable'],
    ['a broken connection with no status', named('Error', { code: 'ECONNRESET', $metadata: {} }), 'storeUnavailable'],
    ['a refusal', named('AccessDeniedException', { $metadata: { httpStatusCode: 400 } }), 'internal'],
    ['a refusal without metadata', named('CredentialsProviderError'), 'internal'],
    ['odd metadata', named('Odd', { $metadata: { httpStatusCode: '500' } }), 'internal'],
    ['no metadata', named('Odd', { $metadata: null }), 'internal'],
    ['no error at all', 'text', 'internal'],
  ])('takes %s for %s', (_, error, code) => {
    const failure = serviceFailure('The queue', 'SendMessage', error);
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(/^The queue .*SendMessage/);
    expect(failure.message).not.toContain('s3cret');
  });

  it('hands on what is a failure already', () => {
    const failure = new Failure('conflict', 'two at once');
    expect(serviceFailure('The queue', 'SendMessage', failure)).toBe(failure);
  });
});

it.each([
  [named('NotFound'), true],
  [named('Other'), false],
  ['NotFound', false],
])('isFault %#', (error, expected) => {
  expect(isFault(error, 'NotFound', 'Missing')).toBe(expected);
});
