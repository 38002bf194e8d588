import { describe, expect, it } from 'vitest';
import { garClaims, garSettings, garToken, row } from '../../test/fixtures/senders/gar/row.ts';
import { gar } from './gar.ts';

const now = Date.UTC(2026, 10, 20, 10, 15);
const claims = garClaims(now);
const url = 'https://www.googleapis.com/oauth2/v3/certs';
const keys = row.keys?.[url];
const context = { secrets: [], settings: garSettings, allowUnsigned: false, now };

function call(authorization: string) {
  return { headers: { authorization }, query: {}, body: new Uint8Array(), receivedAt: now };
}

function isTaken(authorization: string, given = keys): boolean {
  return gar.verify(call(authorization), { ...context, keys: given }) !== undefined;
}

describe('a token', () => {
  const seconds = Math.floor(now / 1000);
  it.each([
    ['as Google makes it', {}, true],
    ['of the older issuer', { iss: 'accounts.google.com' }, true],
    ['of another issuer', { iss: 'https://accounts.example.com' }, false],
    ['for another audience', { aud: 'https://other.example.com' }, false],
    ['for several audiences', { aud: [garSettings.audience] }, false],
    ['of another account', { email: 'x@my-project.iam.gserviceaccount.com' }, false],
    ['of an account that is not verified', { email_verified: false }, false],
    ['without an account', { email: undefined }, false],
    ['just over, within what clocks differ', { exp: seconds - 59 }, true],
    ['over', { exp: seconds - 61 }, false],
    ['without an end', { exp: undefined }, false],
    ['with an end that is no number', { exp: '9999999999' }, false],
    ['a little early', { iat: seconds + 59 }, true],
    ['from the future', { iat: seconds + 61 }, false],
  ])('%s', (_, more, taken) => {
    const token = `Bearer ${garToken({ ...claims, ...more })}`;
    expect(isTaken(token)).toBe(taken);
    expect(gar.keysNeeded?.(call(token), context)).toEqual(taken ? { kind: 'jwks', url } : undefined);
  });

  it.each([
    ['none', { alg: 'none', kid: 'k1' }],
    ['HMAC by the public key', { alg: 'HS256', kid: 'k1' }],
    ['PSS', { alg: 'PS256', kid: 'k1' }],
    ['an unknown key', { alg: 'RS256', kid: 'k2' }],
    ['no key', { alg: 'RS256' }],
    ['what would have to be understood', { alg: 'RS256', kid: 'k1', crit: ['b64'], b64: false }],
  ])('signed by %s is refused', (_, header) => {
    expect(isTaken(`Bearer ${garToken(claims, header)}`)).toBe(false);
  });

  it.each([
    ['an empty signature', (token: string) => token.replace(/[^.]+$/, '')],
    ['another signature', (token: string) => token.replace(/[^.]+$/, 'AAAA')],
    ['no signature part', (token: string) => token.replace(/\.[^.]+$/, '')],
    [
      'other claims under the same signature',
      (token: string) => token.replace(/\.[^.]+\./, `.${part({ ...claims, sub: 'x' })}.`),
    ],
    ['claims that are no JSON', (token: string) => token.replace(/\.[^.]+\./, '.AAAA.')],
    ['too long', (token: string) => `${token}${'A'.repeat(20_000)}`],
  ])('with %s is refused', (_, change) => {
    const token = garToken(claims);
    expect(isTaken(`Bearer ${token}`)).toBe(true);
    expect(isTaken(`Bearer ${change(token)}`)).toBe(false);
  });

  it.each([
    '',
    'null',
    '[]',
    '{"keys":{}}',
    '{"keys":[{"kid":"k1","kty":"RSA","n":"AA","e":"AQAB"}]}',
    '{"keys":[{"kid":"k1","kty":"EC"}]}',
    'no',
  ])('is refused by the keys %j', (text) => {
    expect(isTaken(`Bearer ${garToken(claims)}`, new TextEncoder().encode(text))).toBe(false);
  });
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

describe('settings', () => {
  it.each([
    ['https://keys.example.com/certs', true],
    ['http://127.0.0.1:8080/certs', true],
    ['http://localhost/certs', true],
    ['http://keys.example.com/certs', false],
    ['file:///etc/passwd', false],
    ['http://127.0.0.1.example.com/', false],
    ['no URL', false],
  ])('jwksUrl %s', (jwksUrl, taken) => {
    expect(gar.settings?.safeParse({ ...garSettings, jwksUrl }).success).toBe(taken);
  });

  it('asks for keys where it was told to', () => {
    const settings = { ...garSettings, jwksUrl: 'https://keys.example.com/certs' };
    const needed = gar.keysNeeded?.(call(`Bearer ${garToken(claims)}`), { ...context, settings });
    expect(needed?.url).toBe(settings.jwksUrl);
  });
});
