import type { Page, PageRequest } from '../../domain/page.ts';
import type { ArtifactStore, TagHead, TagHistoryEntry } from '../../ports/artifact-store.ts';
import { tagHistoryKind, tagHistoryPartition, tagItem, tagKind, tagPartitions } from './artifact-items.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { key, timeKey } from './key.ts';
import { mergedPage } from './merged-pages.ts';
import type { Table } from './table.ts';

type Entry = Parameters<ArtifactStore['addTagHistory']>[0];

export function createTagStore(table: Table) {
  return {
    tag: (repository, tag) => table.find(tagKind, tagItem(repository, tag)),
    async saveTag(head, before) {
      const said = new Set(saidBy(head).map(historySort));
      // Before the head: a process that dies between leaves what the old head says twice, and readers take it once.
      for (const entry of saidBy(before)) {
        if (!said.has(historySort(entry))) await addTagHistory(table, { ...entry, ...nameOf(head) });
      }
      return table.save(tagKind, tagItem(head.repository, head.tag), { value: head });
    },
    addTagHistory: (entry) => addTagHistory(table, entry),
    async tags(repository) {
      return (await Promise.all(tagPartitions(repository).map((pk) => table.list(tagKind, pk)))).flat();
    },
    tagHistory: (repository, tag, page) => tagHistory(table, { repository, tag }, page),
  } satisfies Partial<ArtifactStore>;
}

type TagName = Pick<TagHead, 'repository' | 'tag'>;

function nameOf({ repository, tag }: TagName): TagName {
  return { repository, tag };
}

/** A head is itself the history of its first and its newest event, so a tag that is never moved is one item. */
function saidBy(head: TagHead | undefined): readonly TagHistoryEntry[] {
  if (head === undefined) return [];
  const { digest, pushedAt, eventAt } = head;
  return [...new Set([pushedAt, eventAt])].map((at) => ({ digest, at }));
}

function historySort({ at, digest }: TagHistoryEntry): string {
  return key(timeKey(at), digest);
}

async function addTagHistory(table: Table, { repository, tag, digest, at }: Entry): Promise<void> {
  const itemKey = { pk: tagHistoryPartition(repository, tag), sk: historySort({ digest, at }) };
  await table.create(tagHistoryKind, itemKey, { value: { digest, at } });
}

/** The head is read first: what it stops saying meanwhile is stored by then. */
async function tagHistory(table: Table, name: TagName, page: PageRequest): Promise<Page<TagHistoryEntry>> {
  const head = await table.find(tagKind, tagItem(name.repository, name.tag));
  const list = { partitions: [tagHistoryPartition(name.repository, name.tag)], order: 'descending' } as const;
  const stored = await mergedPage(table, tagHistoryKind, { page, list });
  const after = readCursor(page.cursor);
  const said = saidBy(head).filter((entry) => after === undefined || historySort(entry) < after);
  const bySort = new Map([...stored.items, ...said].map((entry) => [historySort(entry), entry]));
  const sorts = [...bySort.keys()].sort().reverse();
  const shown = sorts.slice(0, page.limit);
  const items = shown.flatMap((sort) => bySort.get(sort) ?? []);
  const last = shown.at(-1);
  const isLast = stored.next === undefined && sorts.length === shown.length;
  return isLast || last === undefined ? { items } : { items, next: writeCursor(last) };
}
