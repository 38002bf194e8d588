import { expect, it } from 'vitest';
import { createTurns } from './in-turn.ts';

it('runs one key in order, other keys side by side, and goes on after a fault', async () => {
  const inTurn = createTurns();
  const seen: string[] = [];
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = inTurn('a', async () => {
    await held;
    seen.push('a1');
    throw new Error('a1 failed');
  });
  const second = inTurn('a', async () => {
    seen.push('a2');
    return 2;
  });
  await inTurn('b', async () => seen.push('b'));
  expect(seen).toEqual(['b']);
  release?.();
  await expect(first).rejects.toThrow('a1 failed');
  expect(await second).toBe(2);
  expect(seen).toEqual(['b', 'a1', 'a2']);
});
