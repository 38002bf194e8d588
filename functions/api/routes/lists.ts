import { pageOf } from '../../../shared/contracts/page-of.ts';
import type { Page, PageRequest } from '../../../shared/domain/page.ts';
import { HttpProblem } from '../../../shared/runtime/http-problem.ts';
import type { ApiAnswer } from '../../../shared/runtime/route.ts';

/** A list that was read whole, as one page of it in the contract's shape. */
export function answerWhole<T>(
  items: readonly T[],
  query: PageRequest,
  { key, present }: { readonly key: (item: T) => string; readonly present: (item: T) => object },
): ApiAnswer {
  const page = pageOf(items, { key, ...query });
  if (page === undefined) {
    throw new HttpProblem(400, 'malformed', 'cursor: not one that this service gave. Leave it out to start anew.');
  }
  return answerPage(page, present);
}

/** A page of a store in the contract's shape. */
export function answerPage<T>(page: Page<T>, present: (item: T) => object): ApiAnswer {
  const next = page.next === undefined ? {} : { next: page.next };
  return { status: 200, body: { items: page.items.map(present), ...next } };
}
