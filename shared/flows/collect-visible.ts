import type { Page, PageRequest } from '../domain/page.ts';

/** Pages read at most for one answer, so that a caller who may see little cannot make one request walk everything. */
const maxPages = 10;

/** One page of what a caller may see. It may be short of `limit` although there is more: `next` says so. */
export async function collectVisible<T>(
  request: PageRequest,
  load: (page: PageRequest) => Promise<Page<T>>,
  isVisible: (item: T) => Promise<boolean>,
): Promise<Page<T>> {
  const items: T[] = [];
  let cursor = request.cursor;
  for (let read = 0; read < maxPages; read++) {
    const page: Page<T> = await load({ limit: request.limit - items.length, cursor });
    for (const item of page.items) if (await isVisible(item)) items.push(item);
    cursor = page.next;
    if (cursor === undefined || items.length >= request.limit) break;
  }
  return cursor === undefined ? { items } : { items, next: cursor };
}
