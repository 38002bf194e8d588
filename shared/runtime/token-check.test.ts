import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import type { ApiToken } from '../domain/token.ts';
import type { OutboundRequest } from '../ports/outbound.ts';
import { readAccessSettings } from './access-settings.ts';
import { HttpProblem } from './http-problem.ts';
import { bearerToken, createTokenCheck, requireCaller } from './token-check.ts';

const now = Date.parse('2026-11-20T10:00:00Z');
const issuer = 'https://id.example.com/realm';
const oidc = { issuer, audience: 'waybill', groupsClaim: 'roles' };

const rsa = await generateKeyPair('RS256');
const ec = await generateKeyPair('ES256');
const stranger = await generateKeyPair('RS256');
const jwks = {
  keys: [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256' },
    { ...(await exportJWK(ec.publicKey)), kid: 'ec', alg: 'ES256' },
  ],
};

const asked: string[] = [];
let down = false;

function serve(request: OutboundRequest): unknown {
  if (request.url === `${issuer}/.well-known/openid-configuration`) return { issuer, jwks_uri: `${issuer}/keys` };
  if (request.url === `${issuer}/keys`) return jwks;
  throw new Error(`nothing at ${request.url}`);
}

const token = (fields: Partial<ApiToken>): ApiToken => ({
  id: '1',
  subject: 'alice',
  groups: ['rm'],
  createdAt: 0,
  createdBy: 'admin',
  ...fields,
});

function ports() {
  const base = partialPorts({});
  const stored = new Map([
    [base.sha256('wb_good'), token({})],
    [base.sha256('wb_lasting'), token({ expiresAt: now + 1 })],
    [base.sha256('wb_over'), token({ expiresAt: now })],
  ]);
  return partialPorts({
    clock: { now: () => now },
    tokens: {
      findByHash: async (hash) => stored.get(hash),
      create: async () => {},
      list: async () => [],
      remove: async () => false,
    },
    outbound: {
      request: async (request) => {
        asked.push(request.url);
        if (down) throw new Error('down');
        const body = new TextEncoder().encode(JSON.stringify(serve(request)));
        return { status: 200, headers: {}, body, url: request.url };
      },
      stream: async () => {
        throw new Error('not asked for');
      },
    },
  });
}

describe('our own tokens', () => {
  const check = createTokenCheck(ports(), { adminToken: 'root' });
  it.each([
    ['the admin token', 'root', { subject: 'admin', groups: ['waybill-admins'] }],
    ['its beginning', 'roo', undefined],
    ['more than it', 'root1', undefined],
    ['no token', '', undefined],
    ['a token of ours', 'wb_good', { subject: 'alice', groups: ['rm'] }],
    ['one that lasts', 'wb_lasting', { subject: 'alice', groups: ['rm'] }],
    ['one that is over now', 'wb_over', undefined],
    ['an unknown one', 'wb_bad', undefined],
    ['a JWT without an issuer configured', 'a.b.c', undefined],
    ['a very long one', `wb_${'a'.repeat(20_000)}`, undefined],
  ])('%s', async (_name, text, caller) => {
    expect(await check(text)).toEqual(caller);
  });

  it('has no admin when there is no admin token', async () => {
    const unset = createTokenCheck(ports(), {});
    expect(await Promise.all(['', 'undefined', 'root'].map(unset))).toEqual([undefined, undefined, undefined]);
  });
});

describe('JWTs', () => {
  const sign = (claims: Record<string, unknown>, header: { alg: string; kid: string }, key = rsa.privateKey) =>
    new SignJWT({ iss: issuer, aud: 'waybill', sub: 'ann', exp: now / 1000 + 60, roles: ['rm', 7, ''], ...claims })
      .setProtectedHeader(header)
      .sign(key);
  const rs = { alg: 'RS256', kid: 'rsa' };
  const check = createTokenCheck(ports(), { oidc });

  it.each<[string, () => Promise<string>, boolean]>([
    ['RS256', () => sign({}, rs), true],
    ['ES256', () => sign({}, { alg: 'ES256', kid: 'ec' }, ec.privateKey), true],
    ['one audience among others', () => sign({ aud: ['other', 'waybill'] }, rs), true],
    ['another audience', () => sign({ aud: 'other' }, rs), false],
    ['another issuer', () => sign({ iss: 'https://evil.example.com' }, rs), false],
    ['an expired one', () => sign({ exp: now / 1000 - 60 }, rs), false],
    ['one without an end', () => sign({ exp: undefined }, rs), false],
    ['one for later', () => sign({ nbf: now / 1000 + 600 }, rs), false],
    ['one without a subject', () => sign({ sub: undefined }, rs), false],
    ['an empty subject', () => sign({ sub: '' }, rs), false],
    ["another key under the issuer's key id", () => sign({}, rs, stranger.privateKey), false],
    [
      'HS256 with the public key as its secret',
      () =>
        new SignJWT({ iss: issuer, aud: 'waybill', sub: 'ann', exp: now / 1000 + 60 })
          .setProtectedHeader({ alg: 'HS256', kid: 'rsa' })
          .sign(new TextEncoder().encode(JSON.stringify(jwks.keys[0]))),
      false,
    ],
    ['alg none', async () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"ann"}')}.`, false],
    ['three parts of nothing', async () => 'a.b.c', false],
  ])('%s', async (_name, make, good) => {
    const expected = { subject: `${issuer} ann`, groups: ['rm'] };
    expect(await check(await make())).toEqual(good ? expected : undefined);
  });

  it('asked for the keys once', () => {
    expect(asked).toEqual([`${issuer}/.well-known/openid-configuration`, `${issuer}/keys`]);
  });

  it('refuses while the issuer is down, and asks again afterwards', async () => {
    const fresh = createTokenCheck(ports(), { oidc });
    const jwt = await sign({ roles: 'solo' }, rs);
    down = true;
    expect(await fresh(jwt)).toBeUndefined();
    down = false;
    expect(await fresh(jwt)).toEqual({ subject: `${issuer} ann`, groups: ['solo'] });
  });
});

describe('requireCaller', () => {
  it.each([
    [undefined, 'noToken', 'Bearer'],
    ['', 'noToken', 'Bearer'],
    ['Basic cm9vdA==', 'noToken', 'Bearer'],
    ['Bearer', 'noToken', 'Bearer'],
    ['Bearer nope', 'badToken', 'Bearer error="invalid_token"'],
  ])('%j is %s', async (header, code, challenge) => {
    const error = await requireCaller(createTokenCheck(ports(), {}), header).catch((thrown: unknown) => thrown);
    if (!(error instanceof HttpProblem)) throw new Error('no problem');
    expect([error.problem.status, error.problem.code]).toEqual([401, code]);
    expect(error.headers['www-authenticate']).toBe(challenge);
    expect(error.problem.detail).not.toContain('nope');
  });

  it.each([
    ['Bearer abc', 'abc'],
    ['bearer  abc ', 'abc'],
    ['Bearer a b ', 'a b'],
  ])('reads %j', (header, expected) => {
    expect(bearerToken(header)).toBe(expected);
  });
});

describe('readAccessSettings', () => {
  it.each([
    [{}, {}, 0],
    [{ WAYBILL_ADMIN_TOKEN: '' }, {}, 0],
    [{ WAYBILL_ADMIN_TOKEN: 'x' }, { adminToken: 'x' }, 0],
    [{ WAYBILL_OIDC_ISSUER: issuer }, {}, 1],
    [{ WAYBILL_OIDC_AUDIENCE: 'a' }, {}, 1],
    [{ WAYBILL_OIDC_ISSUER: 'ftp://x' }, {}, 2],
    [{ WAYBILL_OIDC_ISSUER: 'http://id.example.com', WAYBILL_OIDC_AUDIENCE: 'a' }, {}, 1],
    [
      { WAYBILL_OIDC_ISSUER: 'http://127.0.0.1:1', WAYBILL_OIDC_AUDIENCE: 'a' },
      { oidc: { issuer: 'http://127.0.0.1:1', audience: 'a', groupsClaim: 'groups' } },
      0,
    ],
    [
      { WAYBILL_OIDC_ISSUER: issuer, WAYBILL_OIDC_AUDIENCE: 'waybill', WAYBILL_OIDC_GROUPS_CLAIM: 'roles' },
      { oidc },
      0,
    ],
  ])('%j', (env, settings, faults) => {
    const read = readAccessSettings(env);
    expect(read.settings).toEqual(settings);
    expect(read.faults).toHaveLength(faults);
  });
});
