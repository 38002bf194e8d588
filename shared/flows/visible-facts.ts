import type { Caller } from '../domain/caller.ts';
import type { Fact } from '../domain/fact.ts';
import type { Ports } from '../ports/ports.ts';
import { createReadAccess } from './read-access.ts';

/** Facts without those that name a pipeline of ours which the caller may not see: two teams may share an image. */
export async function visibleFacts(
  ports: Pick<Ports, 'pipelines'>,
  caller: Caller,
  facts: readonly Fact[],
): Promise<readonly Fact[]> {
  const mayRead = createReadAccess(ports, caller);
  const visible: Fact[] = [];
  for (const fact of facts) {
    const isOwnBuild = fact.kind === 'built' && fact.receiver === 'waybill';
    if (!isOwnBuild || (await mayRead(fact.pipeline))) visible.push(fact);
  }
  return visible;
}
