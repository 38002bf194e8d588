import type { Caller } from '../domain/caller.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import { canRead } from '../domain/permission.ts';
import type { PipelineHead } from '../domain/pipeline.ts';
import type { Ports } from '../ports/ports.ts';

/** The pipelines that the caller may see, by name; the cursor is the last name of the page before. */
export async function listPipelines(
  ports: Pick<Ports, 'pipelines'>,
  request: PageRequest & { readonly caller: Caller },
): Promise<Page<PipelineHead>> {
  const { caller, cursor, limit } = request;
  const heads = await ports.pipelines.heads();
  const seen = heads
    .filter((head) => !head.deleted && canRead(caller, head) && (cursor === undefined || head.name > cursor))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const items = seen.slice(0, limit);
  return { items, next: seen.length > limit ? items.at(-1)?.name : undefined };
}
