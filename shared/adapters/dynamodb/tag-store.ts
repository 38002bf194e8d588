import type { ArtifactStore } from '../../ports/artifact-store.ts';
import { tagHistoryKind, tagHistoryPartition, tagItem, tagKind, tagPartitions } from './artifact-items.ts';
import { key, timeKey } from './key.ts';
import { mergedPage } from './merged-pages.ts';
import type { Table } from './table.ts';

type HistoryEntry = Parameters<ArtifactStore['addTagHistory']>[0];

export function createTagStore(table: Table) {
  return {
    tag: (repository, tag) => table.find(tagKind, tagItem(repository, tag)),
    async saveTag(head) {
      const saved = await table.save(tagKind, tagItem(head.repository, head.tag), { value: head });
      // After the head: a process that dies between leaves the event unprocessed, and its replay adds the entry.
      if (saved !== undefined) await addTagHistory(table, { ...head, at: head.eventAt });
      return saved;
    },
    addTagHistory: (entry) => addTagHistory(table, entry),
    async tags(repository) {
      return (await Promise.all(tagPartitions(repository).map((pk) => table.list(tagKind, pk)))).flat();
    },
    tagHistory: (repository, tag, page) =>
      mergedPage(table, tagHistoryKind, {
        page,
        list: { partitions: [tagHistoryPartition(repository, tag)], order: 'descending' },
      }),
  } satisfies Partial<ArtifactStore>;
}

async function addTagHistory(table: Table, { repository, tag, digest, at }: HistoryEntry): Promise<void> {
  const itemKey = { pk: tagHistoryPartition(repository, tag), sk: key(timeKey(at), digest) };
  await table.create(tagHistoryKind, itemKey, { value: { digest, at } });
}
