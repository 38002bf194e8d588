import { describe, expect, it } from 'vitest';
import { openAccountSecret, sealAccountSecret } from './account-secret.ts';

const given = { host: 'registry.example.com', authHost: 'auth.example.com' };
const sealed = sealAccountSecret(given, { password: 'p', token: undefined });

const sealedInternal = sealAccountSecret({ ...given, internalHost: 'i.example.com' }, { password: 'p' });

describe('openAccountSecret', () => {
  it.each([
    ['the same hosts', given, sealed, { password: 'p' }],
    ['another host', { ...given, host: 'evil.example.com' }, sealed, {}],
    ['another realm', { host: given.host, authHost: 'evil.example.com' }, sealed, {}],
    ['the realm left out', { host: given.host }, sealed, {}],
    ['hosts swapped', { host: given.authHost, authHost: given.host }, sealed, {}],
    ['an internal host that was not there', { ...given, internalHost: 'evil.example.com' }, sealed, {}],
    [
      'the internal host that it was given for',
      { ...given, internalHost: 'i.example.com' },
      sealedInternal,
      { password: 'p' },
    ],
    ['another internal host', { ...given, internalHost: 'evil.example.com' }, sealedInternal, {}],
    ['the internal host left out', given, sealedInternal, {}],
    ['no secret stored', given, undefined, {}],
    ['a secret that is no object', given, '"p"', {}],
  ])('%s', (_name, hosts, text, expected) => {
    expect(openAccountSecret(hosts, text)).toEqual(expected);
  });
});
