import type { EnvironmentLock } from '../../domain/environment.ts';
import { Failure } from '../../domain/failure.ts';
import type { EnvironmentStore } from '../../ports/environment-store.ts';
import { lockItem, lockKind, lockPartitions } from './environment-items.ts';
import { mergedPage } from './merged-pages.ts';
import type { Table } from './table.ts';

/** Only stages of one execution ever contend: more rounds than a pipeline may have stages. */
const rounds = 64;

/**
 * The lock of (environment, pipeline) is one item that exists while it is held, changed only by compare and swap of its
 * content: there is no moment at which it is held by nobody or by a run that has left.
 */
export function createLockStore(table: Table) {
  return {
    acquire: (wanted) => acquire(table, wanted),
    async release(environment, pipeline, holder, stage) {
      for (let round = 0; round < rounds; round += 1) {
        const seen = await findLock(table, environment, pipeline);
        if (seen === undefined || seen.holder !== holder || !seen.stages.includes(stage)) return;
        const stages = seen.stages.filter((held) => held !== stage);
        if (await swapLock(table, seen, stages.length === 0 ? undefined : { ...seen, stages })) return;
      }
      throw contended(environment, pipeline);
    },
    lock: (environment, pipeline) => findLock(table, environment, pipeline),
    locks: (page) => mergedPage(table, lockKind, { page, list: { partitions: lockPartitions, order: 'ascending' } }),
  } satisfies Partial<EnvironmentStore>;
}

type Wanted = Parameters<EnvironmentStore['acquire']>[0];

async function acquire(table: Table, wanted: Wanted): ReturnType<EnvironmentStore['acquire']> {
  const { stage, ...lock } = wanted;
  for (let round = 0; round < rounds; round += 1) {
    const seen = await findLock(table, lock.environment, lock.pipeline);
    if (seen !== undefined && seen.holder !== lock.holder) return { kind: 'held', by: seen.holder };
    if (seen?.stages.includes(stage)) return { kind: 'acquired' };
    const next =
      seen === undefined ? { ...lock, stages: [stage] } : { ...seen, stages: [...seen.stages, stage].sort() };
    if (await swapLock(table, seen, next)) return { kind: 'acquired' };
  }
  throw contended(lock.environment, lock.pipeline);
}

function findLock(table: Table, environment: string, pipeline: string): Promise<EnvironmentLock | undefined> {
  return table.find(lockKind, lockItem(environment, pipeline));
}

function swapLock(
  table: Table,
  seen: EnvironmentLock | undefined,
  next: EnvironmentLock | undefined,
): Promise<boolean> {
  const { environment, pipeline } = seen ?? next ?? { environment: '', pipeline: '' };
  return table.swap(lockKind, lockItem(environment, pipeline), { seen, next });
}

function contended(environment: string, pipeline: string): Failure {
  return new Failure('conflict', `The lock of ${pipeline} in ${environment} changed too often; it is tried again.`);
}
