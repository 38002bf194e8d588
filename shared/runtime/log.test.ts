import { describe, expect, it } from 'vitest';
import { Failure } from '../domain/failure.ts';
import { createLog, type LogLevel } from './log.ts';

function logged(level: LogLevel = 'info') {
  const lines: string[] = [];
  const log = createLog({ level, write: (line) => lines.push(line), now: () => Date.UTC(2026, 10, 20) });
  return { log, lines, entry: () => JSON.parse(lines.at(-1) ?? 'null') };
}

describe('createLog', () => {
  it('writes one JSON object a line', () => {
    const { log, lines } = logged();
    log.info('one\ntwo', { count: 1 });
    expect(lines).toEqual(['{"time":"2026-11-20T00:00:00.000Z","level":"info","message":"one\\ntwo","count":1}\n']);
  });

  it.each([
    ['debug', ['info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
    ['silent', []],
  ] as const)('at %s writes %j', (level, expected) => {
    const { log, lines } = logged(level);
    log.info('a');
    log.warn('b');
    log.error('c');
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(expected);
  });

  it('tells name, message, stack and causes of an error, and nothing else that hangs on it', () => {
    const { log, entry } = logged();
    const cause = Object.assign(new Error('refused'), { $response: { body: 'secret' } });
    log.error('failed', { error: new Failure('storeUnavailable', 'down', { cause, details: { token: 'secret' } }) });
    const { error } = entry();
    expect(error).toMatchObject({
      name: 'storeUnavailable',
      message: 'down',
      cause: { name: 'Error', message: 'refused' },
    });
    expect(error.stack).toContain('log.test.ts');
    expect(JSON.stringify(entry())).not.toContain('secret');
  });

  it('ends a chain of causes that leads back to itself', () => {
    const { log, entry } = logged();
    const error = new Error('loop');
    error.cause = error;
    log.error('failed', { error });
    expect(entry().error.cause.cause.cause.message).toBe('loop');
  });
});
