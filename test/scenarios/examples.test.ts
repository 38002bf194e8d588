import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPipelineFile } from '../../shared/contracts/pipeline-file.ts';
import type { RawDelivery } from '../../shared/domain/delivery.ts';
import { stepKindsOf } from '../../shared/domain/step-kinds.ts';
import { waybill } from '../../shared/receivers/waybill.ts';
import { type HookCatcher, startHookCatcher } from '../fixtures/hook-catcher.ts';

const folder = join(import.meta.dirname, '..', '..', 'examples');
const pipelines = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const events = readdirSync(join(folder, 'events'));
const secret = `whsec_${Buffer.from('a secret with\0 any bytes in it ÿ').toString('base64')}`;

describe('pipelines', () => {
  it('are there', () => {
    expect(pipelines.length).toBeGreaterThan(3);
  });

  it.each(pipelines)('%s can be put as it is', (name) => {
    const text = readFileSync(join(folder, name));
    const read = readPipelineFile(text, 'application/yaml', { stepKinds: stepKindsOf('embedded'), embedded: true });
    expect(read.kind === 'ok' ? `${read.definition.name}.yaml` : read).toBe(name);
  });
});

const senders = [
  ['bash', 'send-event.sh'],
  [process.execPath, 'send-event.mjs'],
  ['python3', 'send_event.py'],
] as const;

const kinds: Readonly<Record<string, string>> = {
  'artifact-pushed.json': 'push',
  'artifact-scanned.json': 'scan',
  'artifact-tested.json': 'test',
  'build-succeeded.json': 'build',
};

describe.each(senders)('%s %s', (program, script) => {
  let hooks: HookCatcher;
  beforeAll(async () => {
    hooks = await startHookCatcher();
  });
  afterAll(() => hooks.close());

  it.for(events)('sends %s so that it is believed and understood', async (event, context) => {
    const ended = await send([program, join(folder, 'senders', script)], event, hooks.url);
    if (ended === 'absent') return context.skip(`${program} is not installed`);
    expect(ended).toBe(0);
    const raw = hooks.take();
    expect(kindsIn(raw, secret)).toEqual([kinds[event]]);
    expect(kindsIn(raw, `whsec_${Buffer.alloc(32).toString('base64')}`)).toBe('not believed');
    expect(raw.headers['webhook-id']).toBe(`id-of-${event.replace('.', '-')}`);
  });

  it('fails where the hook refuses', async (context) => {
    hooks.answerWith(401);
    const ended = await send([program, join(folder, 'senders', script)], 'artifact-pushed.json', hooks.url);
    hooks.answerWith(202);
    if (ended === 'absent') return context.skip(`${program} is not installed`);
    expect(ended).toBeGreaterThan(0);
    hooks.take();
  });
});

/** The kinds of the events that the receiver makes of a call. */
function kindsIn(raw: RawDelivery, key: string): readonly string[] | string {
  const verified = waybill.verify(raw, { secrets: [key], settings: {}, allowUnsigned: false, now: raw.receivedAt });
  if (verified === undefined) return 'not believed';
  const parsed = waybill.parse(verified, { settings: {}, receiver: 'ci' });
  return parsed.kind === 'events' ? parsed.events.map(({ kind }) => kind) : parsed.message;
}

function send(command: readonly [string, string], event: string, url: string): Promise<number | null | 'absent'> {
  const [program, script] = command;
  const id = `id-of-${event.replace('.', '-')}`;
  const child = spawn(program, [script, join(folder, 'events', event), id], {
    env: { ...process.env, WAYBILL_HOOK_URL: url, WAYBILL_HOOK_SECRET: secret },
    stdio: 'ignore',
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve('absent'));
    child.once('exit', resolve);
  });
}
