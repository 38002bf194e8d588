import { ownersSpokenFor } from '../domain/permission.ts';
import type { PipelineDefinition, PipelineHead } from '../domain/pipeline.ts';
import { mayTakeBuilds } from '../domain/vouching.ts';
import type { Ports } from '../ports/ports.ts';

type HeadPorts = Pick<Ports, 'pipelines'>;

/** Whether a pipeline may take the builds of that name. A name that is none of ours is a build system's, and everybody's. */
export async function mayFollow(ports: HeadPorts, pipeline: string | undefined, upstream: string): Promise<boolean> {
  const above = await ports.pipelines.head(upstream);
  return isForAll(above) || (pipeline !== undefined && (await mayTake(ports, pipeline, above)));
}

/** The same for several, whose upstream is looked at once. */
export async function followersAmong<T extends { readonly pipeline: string }>(
  ports: HeadPorts,
  upstream: string,
  candidates: readonly T[],
): Promise<readonly T[]> {
  const above = candidates.length === 0 ? undefined : await ports.pipelines.head(upstream);
  if (isForAll(above)) return candidates;
  const followers: T[] = [];
  for (const one of candidates) if (await mayTake(ports, one.pipeline, above)) followers.push(one);
  return followers;
}

function isForAll(upstream: PipelineHead | undefined): upstream is undefined {
  return upstream === undefined || upstream.readers === undefined;
}

async function mayTake(ports: HeadPorts, pipeline: string, upstream: PipelineHead): Promise<boolean> {
  const head = await ports.pipelines.head(pipeline);
  return head !== undefined && mayTakeBuilds(head, upstream);
}

/** The owners that two pipelines are neighbours by (ruling 6): those that were vouched for. */
export async function ownersAmongNeighbours(
  ports: HeadPorts,
  { name, owners }: Pick<PipelineDefinition, 'name' | 'owners'>,
): Promise<readonly string[]> {
  return ownersSpokenFor({ owners, vouched: (await ports.pipelines.head(name))?.vouched });
}
