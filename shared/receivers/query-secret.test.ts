import { describe, expect, it } from 'vitest';
import { querySecretFault, verifyQuerySecret } from './query-secret.ts';

const secret = '0123456789abcdef';
const context = { secrets: [secret], settings: {}, allowUnsigned: false, now: 0 };
const call = (query: Readonly<Record<string, string>>) => ({
  headers: {},
  query,
  body: new Uint8Array(),
  receivedAt: 0,
});

describe('a secret in the URL', () => {
  it.each([
    ['the right one', { secret }, {}, true],
    ['the previous one', { secret: 'fedcba9876543210' }, { secrets: [secret, 'fedcba9876543210'] }, true],
    ['another one', { secret: 'x' }, {}, false],
    ['none', {}, {}, false],
    ['under another name', { token: secret }, {}, false],
    ['none where none is configured', {}, { secrets: [] }, false],
    ['an empty one where an empty one is configured', { secret: '' }, { secrets: [''] }, false],
    ['none where that is allowed', {}, { secrets: [], allowUnsigned: true }, true],
  ])('%s', (_, query, more, taken) => {
    const verified = verifyQuerySecret(call(query), { ...context, ...more });
    expect(verified?.signed).toBe(taken ? false : undefined);
  });

  it.each([
    [secret, true],
    ['A-Z_a.z~0123456789', true],
    ['0123456789abcde', false],
    ['0123456789 abcdef', false],
    ['0123456789abcdef&', false],
    ['0123456789abcdef%', false],
    ['x'.repeat(1025), false],
  ])('%j can be one: %s', (text, good) => {
    expect(querySecretFault(text) === undefined).toBe(good);
  });
});
