import { ownersSpokenFor } from '../domain/permission.ts';
import type { PipelineDefinition } from '../domain/pipeline.ts';
import { mayTakeBuilds } from '../domain/vouching.ts';
import type { Ports } from '../ports/ports.ts';

type HeadPorts = Pick<Ports, 'pipelines'>;

/** Whether a pipeline may take the builds of that name. A name that is none of ours is a build system's, and everybody's. */
export async function mayFollow(ports: HeadPorts, pipeline: string | undefined, upstream: string): Promise<boolean> {
  const above = await ports.pipelines.head(upstream);
  if (above === undefined || above.readers === undefined) return true;
  const head = pipeline === undefined ? undefined : await ports.pipelines.head(pipeline);
  return head !== undefined && mayTakeBuilds(head, above);
}

/** The owners that two pipelines are neighbours by (ruling 6): those that were vouched for. */
export async function ownersAmongNeighbours(
  ports: HeadPorts,
  { name, owners }: Pick<PipelineDefinition, 'name' | 'owners'>,
): Promise<readonly string[]> {
  return ownersSpokenFor({ owners, vouched: (await ports.pipelines.head(name))?.vouched });
}
