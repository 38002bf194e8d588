import { expect, it } from 'vitest';
import { createShortCache } from './short-cache.ts';

const clock = { now: () => 0 };

it('does not keep what was being loaded when it was cleared', async () => {
  const cache = createShortCache<string>(clock);
  const load = Promise.withResolvers<string>();
  const loading = cache.get('a', () => load.promise);
  cache.clear();
  load.resolve('old');
  expect(await loading).toBe('old');
  expect(await cache.get('a', async () => 'new')).toBe('new');
  expect(await cache.get('a', async () => 'newer')).toBe('new');
});

it('does not keep absent values', async () => {
  const cache = createShortCache<string>(clock);
  expect(await cache.get('a', async () => undefined)).toBeUndefined();
  expect(await cache.get('a', async () => 'there')).toBe('there');
});

it('keeps at most a thousand, the newest', async () => {
  const cache = createShortCache<number>(clock);
  for (let n = 0; n <= 1_000; n += 1) await cache.get(String(n), async () => n);
  expect(await cache.get('1', async () => -1)).toBe(1);
  expect(await cache.get('0', async () => -1)).toBe(-1);
});
