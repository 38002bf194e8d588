import { type TableIndex, tableIndexes } from '../../contracts/table-keys.ts';
import type { Page, PageRequest } from '../../domain/page.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { ItemKind } from './item.ts';
import type { ItemKey } from './key.ts';
import type { Attributes } from './operations.ts';
import type { Table } from './table.ts';

/** Partitions that together are one list, ordered by sort keys that are unique over all of them. */
export interface MergedList {
  /** Absent = the base table. */
  readonly index?: TableIndex;
  readonly partitions: readonly string[];
  readonly order: 'ascending' | 'descending';
  /** A time key: leaves out what is not before it (ascending only). */
  readonly below?: string;
  /** A time key: leaves out what is before it (descending only). */
  readonly from?: string;
}

/** An entry of the list: its place, and the item that it stands for. */
export interface Entry {
  readonly sort: string;
  readonly key: ItemKey;
}

/** The next entries after `after`; fewer than `limit` only at the end. */
export async function mergedEntries(
  table: Table,
  list: MergedList,
  page: { readonly after?: string | undefined; readonly limit: number },
): Promise<readonly Entry[]> {
  const perPartition = await Promise.all(
    list.partitions.map((partition) => partitionEntries(table, list, { ...page, partition })),
  );
  return inOrder(perPartition, list.order).slice(0, page.limit);
}

/** Sort keys of merged partitions begin with times or orders, so that text and byte order agree where it matters. */
function inOrder(perPartition: readonly (readonly Entry[])[], order: MergedList['order']): readonly Entry[] {
  if (perPartition.length === 1) return perPartition.flat();
  const sign = order === 'ascending' ? 1 : -1;
  return perPartition.flat().sort((a, b) => (a.sort === b.sort ? 0 : a.sort < b.sort ? -sign : sign));
}

export interface PageOfItems<T extends object> {
  readonly page: PageRequest;
  /** The item's key from the entry's, where an entry is not the item itself. */
  readonly keyOf?: (entry: Entry) => ItemKey;
  /** False drops an item: an index lags behind its table, and filters combine. */
  readonly keep?: (item: T) => boolean;
}

/** How many rounds one page may take when filters drop much; a page may then be short and still have a `next`. */
const roundsPerPage = 10;

/** Reads entries, then the items themselves, consistently, until the page is full. */
export async function mergedPage<T extends object>(
  table: Table,
  kind: ItemKind<T>,
  options: PageOfItems<T> & { readonly list: MergedList },
): Promise<Page<T>> {
  const { page, list, keep } = options;
  const items: T[] = [];
  let after = readCursor(page.cursor);
  for (let round = 0; round < roundsPerPage; round += 1) {
    const wanted = page.limit - items.length;
    const entries = await mergedEntries(table, list, { after, limit: wanted + 1 });
    const read = entries.slice(0, wanted);
    const found = await table.findAll(kind, read.map(options.keyOf ?? ((entry) => entry.key)));
    items.push(...(keep === undefined ? found : found.filter(keep)));
    if (entries.length <= wanted) return { items };
    after = read.at(-1)?.sort;
    if (items.length >= page.limit) break;
  }
  return { items, ...(after === undefined ? {} : { next: writeCursor(after) }) };
}

async function partitionEntries(
  table: Table,
  list: MergedList,
  page: { readonly after?: string | undefined; readonly limit: number; readonly partition: string },
): Promise<readonly Entry[]> {
  const bounds = sortBounds(list, page.after);
  if (bounds.low !== undefined && bounds.high !== undefined && bounds.low > bounds.high) return [];
  const names = keyNames(list.index);
  const entries: Entry[] = [];
  let last: Attributes | undefined;
  do {
    const answer = await table.operations.query({
      ...(list.index === undefined ? { ConsistentRead: true } : { IndexName: list.index }),
      ...keyCondition(names, page.partition, bounds),
      ScanIndexForward: list.order === 'ascending',
      // One more, for the bound itself.
      Limit: page.limit - entries.length + 1,
      ...(last === undefined ? {} : { ExclusiveStartKey: last }),
    });
    const read = answer.items.map((item) => entryOf(item, names.sort));
    entries.push(...read.filter((entry) => entry.sort !== page.after));
    last = answer.last;
  } while (last !== undefined && entries.length < page.limit);
  return entries;
}

function keyNames(index: TableIndex | undefined): { readonly partition: string; readonly sort: string } {
  return tableIndexes.find((candidate) => candidate.name === index) ?? { partition: 'pk', sort: 'sk' };
}

interface SortBounds {
  readonly low: string | undefined;
  readonly high: string | undefined;
}

/**
 * Both ends included, since a key condition cannot leave one out: `after` is dropped from the answer, and a time key without
 * what follows it in every sort key is never equal to one.
 */
function sortBounds(list: MergedList, after: string | undefined): SortBounds {
  return list.order === 'ascending' ? { low: after, high: list.below } : { low: list.from, high: after };
}

function keyCondition(
  names: { readonly partition: string; readonly sort: string },
  partition: string,
  bounds: SortBounds,
) {
  const condition = sortCondition(bounds);
  return {
    KeyConditionExpression: condition === undefined ? '#p = :p' : `#p = :p AND ${condition}`,
    ExpressionAttributeNames: { '#p': names.partition, ...(condition === undefined ? {} : { '#s': names.sort }) },
    ExpressionAttributeValues: {
      ':p': { S: partition },
      ...(bounds.low === undefined ? {} : { ':low': { S: bounds.low } }),
      ...(bounds.high === undefined ? {} : { ':high': { S: bounds.high } }),
    },
  };
}

function sortCondition(bounds: SortBounds): string | undefined {
  if (bounds.low !== undefined && bounds.high !== undefined) return '#s BETWEEN :low AND :high';
  if (bounds.low !== undefined) return '#s >= :low';
  return bounds.high === undefined ? undefined : '#s <= :high';
}

function entryOf(item: Attributes, sortName: string): Entry {
  return { sort: item[sortName]?.S ?? '', key: { pk: item.pk?.S ?? '', sk: item.sk?.S ?? '' } };
}
