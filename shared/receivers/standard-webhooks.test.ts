import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyStandardWebhook, webhookSecretFault } from './standard-webhooks.ts';

/** The example of the specification (github.com/standard-webhooks/standard-webhooks). */
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const body = new TextEncoder().encode('{"test": 2432232314}');
const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const at = 1_614_265_330_000;
const headers = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': signature,
};
const verify = (more: Partial<Record<keyof typeof headers, string>> = {}, now = at) =>
  verifyStandardWebhook({ headers: { ...headers, ...more }, query: {}, body, receivedAt: now }, [secret], now);
const other = `v1,${Buffer.alloc(32, 7).toString('base64')}`;

it('takes the example of the specification, and its id as the sender’s', () => {
  expect(verify()).toMatchObject({ signed: true, senderId: 'msg_p5jXN8AQM9LWM0D4loKWxJek' });
});

describe('time', () => {
  it.each([
    [-300_000, true],
    [-300_001, false],
    [300_000, true],
    [300_001, false],
  ])('%i ms off: %s', (off, taken) => {
    expect(verify({}, at + off) !== undefined).toBe(taken);
  });

  it.each(['', 'now', '1614265330.0', '-1614265330', '0x60', ' 1614265330', '16142653301614265330'])(
    'refuses %j',
    (time) => {
      expect(verify({ 'webhook-timestamp': time })).toBeUndefined();
    },
  );
});

describe('the list of signatures', () => {
  it.each([
    ['the right one last', `${other} v1a,AAAA ${signature}`, true],
    ['the right one first', `${signature} ${other}`, true],
    ['another scheme only', signature.replace('v1,', 'v1a,'), false],
    ['another scheme version', signature.replace('v1,', 'v2,'), false],
    ['no scheme', signature.slice(3), false],
    ['a short one', 'v1,AAAA', false],
    ['beyond what is looked at', `${`${other} `.repeat(16)}${signature}`, false],
  ])('%s', (_, list, taken) => {
    expect(verify({ 'webhook-signature': list }) !== undefined).toBe(taken);
  });
});

it.each(['', 'a.b', 'a b', 'ü', 'x'.repeat(257)])('refuses the id %j although it is signed', (id) => {
  const mac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'));
  const signed = mac.update(`${id}.1614265330.`).update(body).digest('base64');
  expect(verify({ 'webhook-id': id, 'webhook-signature': `v1,${signed}` })).toBeUndefined();
});

describe('secrets', () => {
  const whsec = (bytes: number) => `whsec_${Buffer.alloc(bytes, 5).toString('base64')}`;
  it.each([
    [whsec(24), true],
    [whsec(64), true],
    [whsec(25).replace(/=+$/, ''), true],
    [whsec(23), false],
    [whsec(65), false],
    [whsec(32).slice(6), false],
    ['whsec_', false],
    ['whsec_not base64 at all, and long enough', false],
  ])('%s: %s', (text, good) => {
    expect(webhookSecretFault(text) === undefined).toBe(good);
  });
});
