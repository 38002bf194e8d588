import type { Caller } from '../domain/caller.ts';
import type { Head } from '../domain/environment.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import type { Ports } from '../ports/ports.ts';
import { collectVisible } from './collect-visible.ts';
import { createReadAccess } from './read-access.ts';

type EnvironmentPorts = Pick<Ports, 'environments' | 'pipelines'>;

/** What is where, by environment; heads of pipelines that the caller may not see are left out, and so are empty environments. */
export async function listEnvironments(
  ports: EnvironmentPorts,
  input: { readonly caller: Caller },
): Promise<readonly { readonly name: string; readonly heads: readonly Head[] }[]> {
  const mayRead = createReadAccess(ports, input.caller);
  const listed = [];
  for (const name of [...(await ports.environments.environments())].sort()) {
    const heads = [];
    for (const head of await ports.environments.heads(name)) if (await mayRead(head.pipeline)) heads.push(head);
    if (heads.length > 0) listed.push({ name, heads });
  }
  return listed;
}

/** What was in an environment, newest first. */
export async function environmentHistory(
  ports: EnvironmentPorts,
  input: PageRequest & { readonly caller: Caller; readonly name: string },
): Promise<Page<Head>> {
  const mayRead = createReadAccess(ports, input.caller);
  return collectVisible(
    { limit: input.limit, cursor: input.cursor },
    (page) => ports.environments.history(input.name, page),
    (head) => mayRead(head.pipeline),
  );
}
