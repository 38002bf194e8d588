import type { EnvironmentStore } from '../../ports/environment-store.ts';
import { lockItem, lockKind } from './environment-items.ts';
import type { Table } from './table.ts';

/**
 * The lock of (environment, pipeline) is one item that stays, changed only by compare and swap of its content: there is no
 * moment at which two have taken it.
 */
export function createLockStore(table: Table) {
  return {
    lock: (environment, pipeline) => table.find(lockKind, lockItem(environment, pipeline)),
    swapLock: (seen, next) => table.swap(lockKind, lockItem(next.environment, next.pipeline), { seen, next }),
  } satisfies Partial<EnvironmentStore>;
}
