import { HttpProblem } from './http-problem.ts';
import type { ApiAnswer, Route } from './route.ts';
import type { CursorSeal } from './sealed-cursor.ts';

/** The cursors of one list, on their way in and out. */
export interface ListCursors {
  /** The query with the cursor as the store gave it; 400 for one that this list did not give. */
  opened(query: unknown): Promise<unknown>;
  sealed(answer: ApiAnswer): Promise<ApiAnswer>;
}

export function createListCursors(seal: CursorSeal, { path }: Pick<Route, 'path'>): ListCursors {
  return {
    async opened(query) {
      if (typeof query !== 'object' || query === null || !('cursor' in query)) return query;
      if (typeof query.cursor !== 'string') return query;
      const cursor = await seal.open(query.cursor, path);
      if (cursor !== undefined) return { ...query, cursor };
      const detail = 'cursor: not one that this list gave. Leave it out to start anew.';
      throw new HttpProblem(400, 'malformed', detail);
    },
    async sealed(answer) {
      const { body } = answer;
      if (typeof body !== 'object' || !('items' in body) || !('next' in body)) return answer;
      if (typeof body.next !== 'string') return answer;
      return { ...answer, body: { ...body, next: await seal.seal(body.next, path) } };
    },
  };
}
