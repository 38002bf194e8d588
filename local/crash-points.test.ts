import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Ports } from '../shared/ports/ports.ts';
import { partialPorts } from '../test/fixtures/partial-ports.ts';
import { parseCrashPoint, sweepEveryMs, withTestFaults } from './crash-points.ts';

function setup(env: Readonly<Record<string, string | undefined>>) {
  const trail: string[] = [];
  const note = (name: string) => async () => {
    trail.push(name);
  };
  const given: Partial<Ports> = {
    queue: { send: note('send') },
    orchestrator: { start: note('start'), wake: note('wake'), stop: note('stop'), running: async () => true },
    deployers: {
      webhook: {
        kind: 'webhook',
        run: async () => {
          trail.push('run');
          return { kind: 'done', artifacts: [] };
        },
      },
    },
  };
  const ports = withTestFaults({ ...partialPorts({}), ...given } as Ports, { env, die: () => trail.push('died') });
  return { ports, trail };
}

const test = { NODE_ENV: 'test' };

describe('withTestFaults', () => {
  it.each([
    ['before', ['died', 'send', 'send', 'send']],
    ['after', ['send', 'died', 'send', 'send']],
    ['before:2', ['send', 'died', 'send', 'send']],
    ['after:3', ['send', 'send', 'send', 'died']],
    ['before:4', ['send', 'send', 'send']],
  ])('dies at queue.send:%s', async (point, expected) => {
    const { ports, trail } = setup({ ...test, WAYBILL_CRASH_AT: `queue.send:${point}` });
    for (const id of ['1', '2', '3']) await ports.queue.send(id);
    expect(trail).toEqual(expected);
  });

  it('dies at a deployer by its kind', async () => {
    const { ports, trail } = setup({ ...test, WAYBILL_CRASH_AT: 'deployers.webhook:after' });
    await ports.deployers.webhook?.run({} as never);
    expect(trail).toEqual(['run', 'died']);
  });

  it('loses the first wake of a token, and nothing else of the orchestrator', async () => {
    const { ports, trail } = setup({ ...test, WAYBILL_DROP_WAKES: '1' });
    await ports.orchestrator.wake('t');
    await ports.orchestrator.start('n', { v: 1, execution: 'e', machine: 'm' });
    expect([trail, await ports.orchestrator.running('n')]).toEqual([['start'], true]);
    await ports.orchestrator.wake('t');
    await ports.orchestrator.wake('u');
    expect(trail).toEqual(['start', 'wake']);
  });

  it.each([
    [{ ...test, WAYBILL_SWEEP_MS: '200' }, 200],
    [{ ...test, WAYBILL_SWEEP_MS: 'often' }, 60_000],
    [test, 60_000],
    [{ WAYBILL_SWEEP_MS: '200' }, 60_000],
  ])('sweeps under %j every %i ms', (env, expected) => {
    expect(sweepEveryMs(env)).toBe(expected);
  });

  it('lists the calls in their order, deployers by kind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'waybill-list-'));
    const file = join(folder, 'calls');
    const { ports, trail } = setup({ ...test, WAYBILL_CRASH_LIST: file });
    await ports.queue.send('1');
    await ports.deployers.webhook?.run({} as never);
    await ports.orchestrator.wake('t');
    expect(await readFile(file, 'utf8')).toBe('queue.send\ndeployers.webhook\norchestrator.wake\n');
    expect(trail).toEqual(['send', 'run', 'wake']);
    await rm(folder, { recursive: true });
  });

  it.each([{ NODE_ENV: 'production' }, {}])('changes nothing under %j', async (env) => {
    const { ports, trail } = setup({ ...env, WAYBILL_CRASH_AT: 'queue.send:before', WAYBILL_DROP_WAKES: '1' });
    await ports.queue.send('1');
    await ports.orchestrator.wake('t');
    expect(trail).toEqual(['send', 'wake']);
  });

  it.each(['nope.send:before', 'queue.nope:before', 'publicUrl.x:before', 'deployers.nope:after'])(
    'refuses %s instead of passing the test by never dying',
    (point) => {
      expect(() => setup({ ...test, WAYBILL_CRASH_AT: point })).toThrow(/WAYBILL_CRASH_AT/);
    },
  );

  it.each(['queue.send', 'queue:before', 'queue.send:during', 'queue.send:after:0', ''])('does not read %j', (text) => {
    expect(() => parseCrashPoint(text)).toThrow(/WAYBILL_CRASH_AT/);
  });
});
