import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { readSettings } from './read-settings.ts';
import { webhook } from './webhook.ts';

const secret = '0123456789abcdef';
const now = Date.UTC(2026, 10, 20, 10, 15);

function deliver(body: unknown, given: { headers?: Record<string, string>; settings?: JsonObject } = {}) {
  const settings = { source: 'ci', proof: 'header', ...given.settings };
  const headers = { authorization: secret, ...given.headers };
  const raw = { headers, query: {}, body: new TextEncoder().encode(JSON.stringify(body)), receivedAt: now };
  const verified = webhook.verify(raw, { secrets: [secret], settings, allowUnsigned: false, now });
  return verified && webhook.parse(verified, { settings, receiver: 'hooks' });
}

describe('settings', () => {
  it.each<[JsonObject, JsonObject]>([
    [{ source: 'ci' }, { source: 'ci', eventType: 'webhook', proof: 'standardWebhooks' }],
    [
      { source: 'ci', eventType: 'Git', proof: 'x-token', readers: ['team'] },
      { source: 'ci', eventType: 'Git', proof: 'x-token', readers: ['team'] },
    ],
  ])('%j', (given, settings) => {
    expect(readSettings(webhook, given)).toEqual({ kind: 'ok', settings });
  });

  it.each<[JsonObject, string]>([
    [{}, 'source'],
    [{ source: ' ' }, 'source'],
    [{ source: 'ci', proof: 'a b' }, 'proof'],
    [{ source: 'ci', proof: 'Content-Type' }, 'proof'],
    [{ source: 'ci', readers: [] }, 'readers'],
    [{ source: 'ci', eventType: 'Docker' }, 'eventType'],
    [{ source: 'ci', sources: 'x' }, 'sources'],
  ])('%j is refused', (given, path) => {
    expect(readSettings(webhook, given)).toMatchObject({ kind: 'invalid', faults: [{ path }] });
  });
});

describe('proof', () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['header', { authorization: secret }, true],
    ['header', { authorization: 'another secret value' }, false],
    ['X-Token', { authorization: '', 'x-token': secret }, true],
    ['X-Token', { authorization: secret }, false],
    ['standardWebhooks', { authorization: secret }, false],
    ['standard-webhooks', { authorization: secret }, false],
  ])('%s with %j: %s', (proof, headers, taken) => {
    expect(deliver({}, { headers, settings: { proof } }) !== undefined).toBe(taken);
  });

  it('asks for the secret that its kind needs', () => {
    expect(webhook.secretFault(secret, { proof: 'header' })).toBeUndefined();
    expect(webhook.secretFault(secret, { proof: 'standardWebhooks' })).toContain('whsec_');
    expect(webhook.secretFault(secret, {})).toContain('whsec_');
  });
});

describe('key', () => {
  it.each<[string, unknown, Record<string, string>, boolean]>([
    ['a sender’s id', {}, { 'idempotency-key': 'a' }, true],
    ['a time', { at: '2026-11-20T10:15:00Z' }, {}, true],
    ['a digest', { digest: `sha256:${'0'.repeat(64)}` }, {}, true],
    ['neither', { ref: 'main' }, {}, false],
    ['an unreadable id and nothing else', { ref: 'main' }, { 'idempotency-key': 'a b' }, false],
  ])('%s', (_, body, headers, told) => {
    const [one, two] = [deliver(body, { headers }), deliver(body, { headers })];
    expect(one).toEqual(two);
    expect(one?.kind === 'events' && one.key !== undefined).toBe(told);
  });
});

describe('what it reads', () => {
  it('hands on its type, source and readers', () => {
    const settings = { eventType: 'Git', readers: ['team'] };
    expect(deliver({ a: 1 }, { settings })).toMatchObject({
      events: [{ kind: 'webhook', type: 'Git', source: 'ci', readers: ['team'], payload: { a: 1 } }],
    });
  });

  it('bounds artifacts and parameters, and says what it left out', () => {
    const artifacts = Array.from({ length: 101 }, (_, index) => ({ type: 's3/object', reference: `s3://a/${index}` }));
    const answer = deliver({ artifacts, parameters: { list: [1], flag: true } });
    expect(answer).toMatchObject({
      events: [
        {
          artifacts: { length: 100 },
          parameters: { flag: 'true' },
          unread: ['Of 101 artifacts the first 100 were read.', 'Parameter list was not read: it is no text.'],
        },
      ],
    });
  });

  it('takes what is called artifacts and is none for a part of the payload', () => {
    expect(deliver({ artifacts: { dist: 'x' } })).toMatchObject({ events: [{ artifacts: [] }] });
  });

  it('is not followed into the deep', () => {
    const text = `{"deep":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const raw = {
      headers: { authorization: secret },
      query: {},
      body: new TextEncoder().encode(text),
      receivedAt: now,
    };
    const settings = { source: 'ci', proof: 'header' };
    const verified = webhook.verify(raw, { secrets: [secret], settings, allowUnsigned: false, now });
    expect(verified && webhook.parse(verified, { settings, receiver: 'hooks' })).toMatchObject({ kind: 'malformed' });
  });
});
