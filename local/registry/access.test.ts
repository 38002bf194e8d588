import { describe, expect, it } from 'vitest';
import { decideRegistryAccess, isLoopbackThroughout } from './access.ts';

const local = { bindAddress: '127.0.0.1', peerAddress: '127.0.0.1', headers: { host: 'localhost:8080' } };
const rights = {
  authenticate: async (token: string) => (token === 'wb_good' ? { subject: 'alice', groups: ['dev'] } : undefined),
  mayPush: (caller: { readonly groups: readonly string[] }, repository: string) =>
    caller.groups.includes('dev') && repository === 'team/shop',
  mayPull: () => true,
};
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('isLoopbackThroughout', () => {
  it.each([
    ['all on 127.0.0.1', {}, true],
    ['IPv6', { bindAddress: '::1', peerAddress: '::1', headers: { host: '[::1]:8080' } }, true],
    ['a mapped peer', { peerAddress: '::ffff:127.0.0.1' }, true],
    ['bound by name', { bindAddress: 'localhost' }, true],
    ['Host in capitals, no port', { headers: { host: 'LOCALHOST' } }, true],
    ['another loopback address', { headers: { host: '127.8.9.1:80' } }, true],
    ['bound to every address', { bindAddress: '0.0.0.0' }, false],
    ['bound to every IPv6 address', { bindAddress: '::' }, false],
    ['a peer from outside', { peerAddress: '10.0.0.7' }, false],
    ['a peer that is gone', { peerAddress: undefined }, false],
    ['a Host that only resolves here', { headers: { host: 'evil.example' } }, false],
    ['a Host that begins alike', { headers: { host: '127.0.0.1.evil.example' } }, false],
    ['a Host that ends alike', { headers: { host: 'evil.localhost.example' } }, false],
    ['a Host that is no address', { headers: { host: '127.0.0.999' } }, false],
    ['a Host with a user', { headers: { host: 'localhost@evil.example' } }, false],
    ['no Host', { headers: {} }, false],
    ['a page in a browser', { headers: { host: 'localhost', origin: 'http://localhost' } }, false],
    ['Forwarded', { headers: { host: 'localhost', forwarded: 'for=1.2.3.4' } }, false],
    ['X-Forwarded-For', { headers: { host: 'localhost', 'x-forwarded-for': '1.2.3.4' } }, false],
    ['any X-Forwarded-*', { headers: { host: 'localhost', 'x-forwarded-anything': '' } }, false],
    ['Via', { headers: { host: 'localhost', via: '1.1 proxy' } }, false],
  ])('%s', (_, change, expected) => {
    expect(isLoopbackThroughout({ ...local, ...change })).toBe(expected);
  });
});

describe('decideRegistryAccess', () => {
  it('lets loopback in without a name', async () => {
    const access = await decideRegistryAccess(local, rights);
    expect(access).toMatchObject({ kind: 'allowed' });
    expect(access.kind === 'allowed' && access.subject).toBeUndefined();
    expect(access.kind === 'allowed' && access.mayPush('any/thing')).toBe(true);
  });

  it.each([
    ['loopback', local],
    ['elsewhere', { ...local, peerAddress: '10.0.0.7' }],
  ])('takes a token as the password, from %s', async (_, request) => {
    const headers = { ...request.headers, authorization: basic('anyone:wb_good') };
    const access = await decideRegistryAccess({ ...request, headers }, rights);
    if (access.kind !== 'allowed') throw new Error(access.kind);
    expect(access.subject).toBe('alice');
    expect([access.mayPush('team/shop'), access.mayPush('other'), access.mayPull('other')]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it.each([
    ['none, from elsewhere', undefined, '10.0.0.7'],
    ['a wrong token, even on loopback', basic('x:wb_bad'), '127.0.0.1'],
    ['no password', basic('wb_good:'), '127.0.0.1'],
    ['no colon', basic('wb_good'), '127.0.0.1'],
    ['another scheme', 'Bearer wb_good', '127.0.0.1'],
    ['no base64', 'Basic §§', '127.0.0.1'],
    ['nothing', '', '127.0.0.1'],
  ])('refuses a login of %s', async (_, authorization, peerAddress) => {
    const headers = { host: 'localhost', ...(authorization === undefined ? {} : { authorization }) };
    expect(await decideRegistryAccess({ ...local, peerAddress, headers }, rights)).toEqual({ kind: 'unauthorized' });
  });
});
