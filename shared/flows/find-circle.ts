import type { Ports } from '../ports/ports.ts';

/** Longer chains of runs that start each other are taken for a circle. */
const longestChain = 50;

/**
 * What is wrong with a run of a pipeline that another run starts: a run of the same pipeline is among those that led to it, so it
 * would go on for ever. Undefined = nothing. One read for each run of the chain.
 */
export async function findCircle(
  ports: Pick<Ports, 'executions'>,
  pipeline: string,
  parentId: string,
): Promise<string | undefined> {
  const chain: string[] = [];
  for (let id: string | undefined = parentId; id !== undefined; ) {
    const run = await ports.executions.find(id);
    if (run === undefined) return undefined;
    chain.unshift(run.pipeline);
    if (run.pipeline === pipeline) return `A circle: ${[...chain, pipeline].join(' started ')}; it would never end.`;
    if (chain.length >= longestChain) return `A chain of more than ${longestChain} runs that start each other.`;
    id = run.trigger.parent?.executionId;
  }
  return undefined;
}
