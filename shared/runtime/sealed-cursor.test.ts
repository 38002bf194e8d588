import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import type { Signer } from '../ports/signer.ts';
import { createCursorSeal } from './sealed-cursor.ts';

function sealWith(secret: string) {
  const mac: Signer['mac'] = async (data) => createHmac('sha256', secret).update(data).digest('hex');
  const signer = { mac, sign: () => Promise.reject(new Error('not here')), keys: async () => [] };
  return createCursorSeal(partialPorts({ signer }));
}

const list = '/v1/executions';

it('opens what it sealed, in every process of the service', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1, maxLength: 1400 }), async (cursor) => {
      const sealed = await sealWith('secret').seal(cursor, list);
      expect(sealed).toMatch(/^[\w-]+$/);
      expect(await sealWith('secret').open(sealed, list)).toBe(cursor);
    }),
    { numRuns: 50 },
  );
});

it('shows nothing, stays the same, and fits the query', async () => {
  const cursor = Buffer.from('2026#alpha-shop-20261120T101500Z').toString('base64url');
  const [one, again] = [await sealWith('secret').seal(cursor, list), await sealWith('secret').seal(cursor, list)];
  expect(one).toBe(again);
  expect(Buffer.from(one, 'base64url').toString('latin1')).not.toContain('alpha');
  expect(one).not.toContain(cursor);
  expect((await sealWith('secret').seal('x'.repeat(1366), list)).length).toBeLessThan(2048);
});

it('opens nothing else', async () => {
  const { seal, open } = sealWith('secret');
  const sealed = await seal('cursor', list);
  const flipped = Buffer.from(sealed, 'base64url');
  flipped[flipped.length - 1] = (flipped[flipped.length - 1] ?? 0) ^ 1;
  for (const text of ['', '!', 'AAAA', `${sealed}A`, `${sealed}=`, flipped.toString('base64url'), 'A'.repeat(2048)]) {
    expect(await open(text, list)).toBeUndefined();
  }
  expect(await open(sealed, '/v1/deliveries')).toBeUndefined();
  expect(await sealWith('another').open(sealed, list)).toBeUndefined();
});

it('asks for its key again after a failure', async () => {
  let asked = 0;
  const mac = async () => {
    asked += 1;
    if (asked === 1) throw new Error('not now');
    return 'key';
  };
  const { seal } = createCursorSeal(
    partialPorts({ signer: { mac, sign: () => Promise.reject(), keys: async () => [] } }),
  );
  await expect(seal('a', list)).rejects.toThrow('not now');
  await seal('a', list);
  await seal('b', list);
  expect(asked).toBe(2);
});
