import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rsaKey } from '../../test/fixtures/rsa-key.ts';
import { row } from '../../test/fixtures/senders/aliyun-eventbridge/row.ts';
import { isCertificateUrl } from './aliyun-certificate-url.ts';
import { aliyunEventbridge } from './aliyun-eventbridge.ts';

const now = Date.UTC(2026, 10, 20, 10, 15);
const [secret = ''] = row.secrets;
const body = new TextEncoder().encode('{"type":"x"}');
const headers = row.prove({ body, secret, now }).headers ?? {};
const [[url, pem] = ['', new Uint8Array()]] = Object.entries(row.keys ?? {});
const settings = row.settings ?? {};
const context = { secrets: [secret], settings, allowUnsigned: false, now };
const call = (more: Record<string, string> = {}) => ({
  headers: { ...headers, ...more },
  query: {},
  body,
  receivedAt: now,
});

describe('a certificate is asked for', () => {
  it.each([
    ['of a good call', {}, now, true],
    ['up to a minute later', {}, now + 60_000, true],
    ['not after a minute', {}, now + 60_001, false],
    ['not a minute before', {}, now - 60_001, false],
    ['not with another token', { 'x-eventbridge-signature-token': 'x' }, now, false],
    ['not by another hash', { 'x-eventbridge-hash-method': 'SHA1' }, now, false],
    ['not in another version', { 'x-eventbridge-signature-version': '2.0' }, now, false],
    ['not elsewhere', { 'x-eventbridge-signature-url': 'https://example.com/cert.pem' }, now, false],
    ['not without a time', { 'x-eventbridge-signature-timestamp': '' }, now, false],
  ])('%s', (_, more, at, asked) => {
    const needed = aliyunEventbridge.keysNeeded?.(call(more), { ...context, now: at });
    expect(needed).toEqual(asked ? { kind: 'certificate', url } : undefined);
    const verified = aliyunEventbridge.verify(call(more), { ...context, now: at, keys: pem });
    expect(verified !== undefined).toBe(asked);
  });

  it('not where one is configured', () => {
    const own = { ...settings, certificate: new TextDecoder().decode(pem) };
    expect(aliyunEventbridge.keysNeeded?.(call(), { ...context, settings: own })).toBeUndefined();
    expect(aliyunEventbridge.verify(call(), { ...context, settings: own })).toMatchObject({ signed: true });
  });
});

describe('what is signed', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' });
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' });
  const text = (given: unknown) => new TextEncoder().encode(String(given));

  it.each([
    ['the signature of another key', call(), { keys: text(other) }],
    ['a short key', call(), { keys: text(small) }],
    ['no certificate', call(), { keys: text('no') }],
    ['no keys', call(), {}],
    ['another URL', call(), { keys: pem, settings: { url: 'https://waybill.example.com/v1/hooks/4567' } }],
    ['no URL', call(), { keys: pem, settings: {} }],
    ['an empty signature', call({ 'x-eventbridge-signature-v2': '' }), { keys: pem }],
    ['version 1 alone', call({ 'x-eventbridge-signature-v2': '', 'x-eventbridge-signature': 'AAAA' }), { keys: pem }],
  ])('refuses %s', (_, raw, more) => {
    expect(aliyunEventbridge.verify(raw, { ...context, ...more })).toBeUndefined();
  });

  it('takes the URL that it has itself where none is configured', () => {
    const verified = aliyunEventbridge.verify(call(), {
      ...context,
      settings: {},
      hookUrl: String(settings.url),
      keys: pem,
    });
    expect(verified).toMatchObject({ signed: true });
  });
});

it.each([
  ['https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/x509.pem', true],
  ['https://ap-southeast-1-eventbridge.oss-accelerate.aliyuncs.com/a/b.pem', true],
  ['http://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/x509.pem', false],
  ['https://mine-eventbridge.oss-accelerate.aliyuncs.com/x509.pem', false],
  ['https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com.evil.com/', false],
  ['https://evil.com/cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/', false],
  ['https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com:8443/', false],
  ['https://u:p@cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/', false],
  ['https://cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/?x=1', false],
  ['https://x.cn-hangzhou-eventbridge.oss-accelerate.aliyuncs.com/', false],
  ['', false],
])('%s holds certificates: %s', (text, holds) => {
  expect(isCertificateUrl(text)).toBe(holds);
});

describe('settings', () => {
  const publicPem = rsaKey.publicKey.export({ type: 'spki', format: 'pem' });
  const privatePem = rsaKey.privateKey.export({ type: 'pkcs8', format: 'pem' });
  it.each([
    ['nothing', {}, true],
    ['a URL', { url: 'https://waybill.example.com/v1/hooks/0' }, true],
    ['what is no URL', { url: 'ftp://example.com' }, false],
    ['a public key', { certificate: publicPem }, true],
    ['a private key', { certificate: privatePem }, false],
    ['nonsense', { certificate: 'no' }, false],
    ['what nobody knows', { region: 'cn-hangzhou' }, false],
  ])('%s', (_, given, taken) => {
    expect(aliyunEventbridge.settings?.safeParse(given).success).toBe(taken);
  });
});
