import { describe, expect, it } from 'vitest';
import { openAccountSecret, sealAccountSecret } from './account-secret.ts';

const given = { host: 'registry.example.com', authHost: 'auth.example.com' };
const sealed = sealAccountSecret(given, { password: 'p', token: undefined });

describe('openAccountSecret', () => {
  it.each([
    ['the same hosts', given, sealed, { password: 'p' }],
    ['another host', { ...given, host: 'evil.example.com' }, sealed, {}],
    ['another realm', { host: given.host, authHost: 'evil.example.com' }, sealed, {}],
    ['the realm left out', { host: given.host }, sealed, {}],
    ['hosts swapped', { host: given.authHost, authHost: given.host }, sealed, {}],
    ['no secret stored', given, undefined, {}],
    ['a secret that is no object', given, '"p"', {}],
  ])('%s', (_name, hosts, text, expected) => {
    expect(openAccountSecret(hosts, text)).toEqual(expected);
  });
});
