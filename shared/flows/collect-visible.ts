import type { Page, PageRequest } from '../domain/page.ts';

/** Items looked at for one answer, so that a caller who may see little cannot make one request walk everything. */
const mostLookedAt = 1_000;
/** Where nothing was visible, more is read at once. */
const skipSize = 100;

interface Looked {
  count: number;
}

interface Listing<T> {
  readonly load: (page: PageRequest) => Promise<Page<T>>;
  readonly isVisible: (item: T) => Promise<boolean>;
}

/**
 * One page of what a caller may see, as if there were nothing else: it is full while there is more, and has `next` only if
 * something visible follows, so that neither tells what is left out. Only behind a thousand invisible items it may be short.
 */
export async function collectVisible<T>(
  request: PageRequest,
  load: Listing<T>['load'],
  isVisible: Listing<T>['isVisible'],
): Promise<Page<T>> {
  const listing = { load, isVisible };
  const looked = { count: 0 };
  const items: T[] = [];
  let cursor = request.cursor;
  while (items.length < request.limit && looked.count < mostLookedAt) {
    const before = items.length;
    const page = await load({ limit: request.limit - items.length, cursor });
    looked.count += page.items.length;
    for (const item of page.items) if (await isVisible(item)) items.push(item);
    cursor = page.next;
    if (cursor !== undefined && items.length === before) cursor = await skipInvisible(listing, cursor, looked);
    if (cursor === undefined) return { items };
  }
  // A page is full only by a visible item, so the cursor stands right behind one.
  const isFull = items.length >= request.limit;
  if (cursor === undefined || (isFull && !(await anyVisible(listing, cursor, looked)))) return { items };
  return { items, next: cursor };
}

/** A cursor right before the next visible item, or as far as may be looked; undefined = there is none. */
async function skipInvisible<T>(listing: Listing<T>, from: string, looked: Looked): Promise<string | undefined> {
  let cursor = from;
  while (looked.count < mostLookedAt) {
    const page = await listing.load({ limit: skipSize, cursor });
    looked.count += page.items.length;
    const first = await firstVisible(listing, page.items);
    if (first === 0) return cursor;
    if (first > 0) return (await listing.load({ limit: first, cursor })).next;
    if (page.next === undefined) return undefined;
    cursor = page.next;
  }
  return cursor;
}

/** Whether something visible follows; yes also where it would take too long to know. */
async function anyVisible<T>(listing: Listing<T>, from: string, looked: Looked): Promise<boolean> {
  let cursor = from;
  for (let limit = 1; looked.count < mostLookedAt; limit = skipSize) {
    const page = await listing.load({ limit, cursor });
    looked.count += page.items.length;
    if ((await firstVisible(listing, page.items)) >= 0) return true;
    if (page.next === undefined) return false;
    cursor = page.next;
  }
  return true;
}

async function firstVisible<T>({ isVisible }: Listing<T>, items: readonly T[]): Promise<number> {
  for (const [index, item] of items.entries()) if (await isVisible(item)) return index;
  return -1;
}
