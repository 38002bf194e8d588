import type { Log } from '../shared/ports/clock.ts';
import type { EventQueue } from '../shared/ports/event-queue.ts';

export interface LocalQueue extends EventQueue {
  /** Begins to process; what was sent before waits until then. */
  open(process: (deliveryId: string) => Promise<void>): void;
  /** Begins nothing more and answers when what is under way has ended; the stored deliveries keep the rest. */
  close(): Promise<void>;
  /** Ids that wait or are under way. */
  readonly size: number;
}

export interface LocalQueueOptions {
  readonly log: Log;
  /** Deliveries processed at a time. */
  readonly concurrency: number;
  /** Ids kept in memory; beyond it an id is dropped, and the sweep offers its delivery again. */
  readonly capacity: number;
}

/**
 * The queue of one process. It holds ids only: the pending delivery in the table is the queue that counts, so that accepting
 * one costs one write, and nothing is lost with this process.
 */
export function createLocalQueue(options: LocalQueueOptions): LocalQueue {
  const waiting = new Set<string>();
  const running = new Map<string, Promise<void>>();
  let process: ((deliveryId: string) => Promise<void>) | undefined;

  function next(): void {
    if (process === undefined) return;
    for (const id of waiting) {
      if (running.size >= options.concurrency) return;
      // Under way already: it is looked at again when that has ended, since it may have read the delivery before this was sent.
      if (running.has(id)) continue;
      waiting.delete(id);
      running.set(id, run(process, id));
    }
  }

  async function run(work: (deliveryId: string) => Promise<void>, id: string): Promise<void> {
    try {
      await work(id);
    } catch (error) {
      options.log.error('a delivery could not be processed; the sweep offers it again', { deliveryId: id, error });
    } finally {
      running.delete(id);
      next();
    }
  }

  return {
    async send(deliveryId) {
      if (waiting.size >= options.capacity) return;
      waiting.add(deliveryId);
      next();
    },
    open(work) {
      process = work;
      next();
    },
    async close() {
      process = undefined;
      await Promise.all(running.values());
    },
    get size() {
      return waiting.size + running.size;
    },
  };
}
