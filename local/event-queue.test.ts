import { describe, expect, it } from 'vitest';
import { createLocalQueue } from './event-queue.ts';

const log = { info: () => {}, warn: () => {}, error: () => {} };

/** Work that ends when it is told to. */
function gate() {
  const begun: string[] = [];
  const open = new Map<string, () => void>();
  let most = 0;
  return {
    begun,
    most: () => most,
    work: (id: string) =>
      new Promise<void>((resolve) => {
        begun.push(id);
        open.set(id, resolve);
        most = Math.max(most, open.size);
      }),
    async end(id: string) {
      open.get(id)?.();
      open.delete(id);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('local queue', () => {
  it('processes in order, so many at a time, and nothing before it is opened', async () => {
    const queue = createLocalQueue({ log, concurrency: 2, capacity: 10 });
    const { work, begun, end, most } = gate();
    for (const id of ['a', 'b', 'c', 'd']) await queue.send(id);
    expect(begun).toEqual([]);
    queue.open(work);
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    await end('a');
    expect([begun, most()]).toEqual([['a', 'b', 'c', 'd'], 2]);
  });

  it('has each waiting id once, and takes one that is under way again afterwards', async () => {
    const queue = createLocalQueue({ log, concurrency: 2, capacity: 10 });
    const { work, begun, end } = gate();
    queue.open(work);
    await queue.send('a');
    await queue.send('a');
    await queue.send('a');
    expect([begun, queue.size]).toEqual([['a'], 2]);
    await end('a');
    expect(begun).toEqual(['a', 'a']);
  });

  it('drops what is over its capacity', async () => {
    const queue = createLocalQueue({ log, concurrency: 1, capacity: 2 });
    for (const id of ['a', 'b', 'c']) await queue.send(id);
    expect(queue.size).toBe(2);
  });

  it('goes on after work that fails', async () => {
    const queue = createLocalQueue({ log, concurrency: 1, capacity: 10 });
    const begun: string[] = [];
    queue.open(async (id) => {
      begun.push(id);
      if (id === 'a') throw new Error('a');
    });
    await queue.send('a');
    await queue.send('b');
    await new Promise((resolve) => setImmediate(resolve));
    expect([begun, queue.size]).toEqual([['a', 'b'], 0]);
  });

  it('closes when what is under way has ended, and begins nothing more', async () => {
    const queue = createLocalQueue({ log, concurrency: 1, capacity: 10 });
    const { work, begun, end } = gate();
    queue.open(work);
    await queue.send('a');
    await queue.send('b');
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    await end('a');
    await closing;
    expect(begun).toEqual(['a']);
  });
});
