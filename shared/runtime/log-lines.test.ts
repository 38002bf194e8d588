import { describe, expect, it, vi } from 'vitest';
import { Failure } from '../domain/failure.ts';
import type { Log } from '../ports/clock.ts';
import { createLog, type LogLevel } from './log.ts';
import { createPowertools } from './powertools.ts';

/** What both writers promise of a line: the one of the local service, and Powertools' on AWS. */
const writers: Readonly<Record<string, (level: LogLevel, write: (line: string) => void) => Log>> = {
  local: (level, write) => createLog({ level, write, now: () => 0 }),
  Powertools: (level, write) => {
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => {
        write(String(text));
        return true;
      });
    }
    return createPowertools({ service: 'waybill', level }).log;
  },
};

describe.each(Object.entries(writers))('%s', (_name, create) => {
  function linesOf(act: (log: Log) => void, level: LogLevel = 'info'): string[] {
    const lines: string[] = [];
    const log = create(level, (line) => lines.push(line));
    try {
      act(log);
    } finally {
      vi.restoreAllMocks();
    }
    return lines;
  }
  const lineOf = (fields: Readonly<Record<string, unknown>>): string => {
    const lines = linesOf((log) => log.warn('odd', fields));
    expect(lines).toHaveLength(1);
    return lines[0] ?? '';
  };

  it('one line of JSON for each entry, whatever is in it', () => {
    const line = lineOf({ text: 'one\ntwo\u2028three', list: [1, { a: null }], at: new Date(0) });
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(JSON.parse(line)).toMatchObject({
      ...{ message: 'odd', text: 'one\ntwo\u2028three', list: [1, { a: null }], at: '1970-01-01T00:00:00.000Z' },
    });
  });

  it.each([
    ['debug', 3],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
    ['silent', 0],
  ] as const)('at %s writes %i of info, warn and error', (level, count) => {
    const act = (log: Log): void => {
      log.info('a');
      log.warn('b');
      log.error('c');
    };
    expect(linesOf(act, level).map((line) => JSON.parse(line).message)).toEqual(['a', 'b', 'c'].slice(3 - count));
  });

  it('of an error its name, message, stack and causes, and nothing else', () => {
    const hidden = { $response: { body: 'hush' }, $metadata: { token: 'hush' }, config: 'hush' };
    const cause = Object.assign(new Error('refused'), hidden);
    const error = Object.assign(new Failure('storeUnavailable', 'down', { cause, details: { a: 'hush' } }), hidden);
    const line = lineOf({ error, list: [error] });
    const shape = { name: 'storeUnavailable', message: 'down', cause: { name: 'Error', message: 'refused' } };
    expect(JSON.parse(line)).toMatchObject({ error: shape, list: [shape] });
    expect(JSON.parse(line).error.stack).toContain('log-lines.test.ts');
    expect(line).not.toContain('hush');
  });

  it('ends a chain of causes that leads back to itself', () => {
    const error = new Error('loop');
    error.cause = error;
    expect(JSON.parse(lineOf({ error })).error.cause.cause.cause).toMatchObject({ message: 'loop' });
  });

  const hush = 'h0USHh0USHh0USHh0USH';
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['a header', { headers: { authorization: hush, Cookie: hush, 'Set-Cookie': [hush] } }],
    [
      'a field that is called so',
      { password: hush, secret: hush, accessToken: hush, apiKey: hush, clientSecret: hush },
    ],
    ['several secrets', { secrets: [hush, hush] }],
    ['a bearer token in a text', { text: `sent Bearer ${hush} to it` }],
    ['Basic credentials in a text', { text: `authorization: basic ${hush}==` }],
    ['credentials in a URL', { text: `GET https://user:${hush}@example.com/x failed` }],
    ['the query of a URL', { text: `GET https://example.com/x?X-Amz-Signature=${hush}&a=b failed` }],
    ["a hook's path", { path: `/v1/hooks/${hush}?secret=${hush}` }],
    ['a callback', { text: `POST https://waybill.example.com/v1/callbacks/${hush} failed` }],
    ['a JWT', { text: `eyJhbGciOiJIUzI1NiJ9.${hush}.${hush}` }],
    ["a sender's secret", { text: `whsec_${hush}` }],
    ['a token of ours', { text: `wb_${hush}` }],
    ['a key of AWS', { text: 'AKIAh0USHh0USHh0USHX'.toUpperCase() }],
    ['a private key', { text: `-----BEGIN EC PRIVATE KEY-----\n${hush}\n-----END EC PRIVATE KEY-----` }],
    ['a private key that was cut', { text: `-----BEGIN PRIVATE KEY-----\n${hush}` }],
    ['the message and stack of an error', { error: new Error(`Bearer ${hush}`, { cause: new Error(`wb_${hush}`) }) }],
    ['bytes', { body: Buffer.from(hush), view: new TextEncoder().encode(hush) }],
    ['what comes after the most that is shown', { text: `${'x'.repeat(4_000)} ${hush}` }],
  ])('hides %s', (_what, fields) => {
    expect(lineOf(fields).toLowerCase()).not.toContain('h0ush');
  });

  it.each([
    { route: '/v1/hooks/{id}', repository: 'registry.example.com/team/shop', digest: `sha256:${'a'.repeat(64)}` },
    { deliveryId: 'ci-0123456789abcdef', url: 'https://example.com/a/b', text: 'a basic fault of the bearer' },
    { bytes: 12, ok: false, none: 0, tokens: 3, secretName: 'waybill/receivers/ci' },
  ])('shows what is no secret: %j', (fields) => {
    expect(JSON.parse(lineOf(fields))).toMatchObject(fields);
  });

  it.each<[string, unknown]>([
    ['a long text', 'x'.repeat(3_000_000)],
    ['many texts', Array.from({ length: 5_000 }, () => 'y'.repeat(500))],
    ['many names', Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`name-${index}`, index]))],
    ['what JSON writes as six characters', '\u0001'.repeat(300_000)],
    ['an error with a long answer in it', new Error('z'.repeat(1_000_000))],
    ['what is deep and wide', wide(8)],
  ])('has at most 256 KB, and says what it cut: %s', (_what, value) => {
    const line = lineOf({ value, last: true });
    expect(Buffer.byteLength(line)).toBeLessThan(256 * 1024);
    expect(line).toContain('…');
    expect(JSON.parse(line).message).toBe('odd');
  });

  it('writes what JSON has no word for', () => {
    const loop: Record<string, unknown> = { big: 1n, is: undefined };
    loop.self = loop;
    expect(JSON.parse(lineOf({ loop }))).toMatchObject({ loop: { big: '1', self: '[circular]' } });
  });

  it('says so when fields cannot be read', () => {
    const odd = Object.defineProperty({}, 'field', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(JSON.parse(lineOf({ odd }))).toMatchObject({ message: 'odd', unprintable: true });
  });

  it('lets no field take the place of the message or the level', () => {
    expect(JSON.parse(lineOf({ message: 'mine', level: 'mine' }))).toMatchObject({
      ...{ message: 'odd', message_: 'mine', level_: 'mine', level: expect.stringMatching(/^warn$/i) },
    });
  });
});

function wide(depth: number): unknown {
  return depth === 0 ? 'leaf' : Array.from({ length: 6 }, () => wide(depth - 1));
}
