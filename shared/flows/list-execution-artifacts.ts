import type { Caller } from '../domain/caller.ts';
import type { BuildArtifact } from '../domain/delivery.ts';
import type { Ports } from '../ports/ports.ts';
import { getExecution } from './get-execution.ts';
import { publishedArtifacts } from './run/published-artifacts.ts';

/** What the steps of an execution published, of one name if given; undefined for what the caller may not see. */
export async function listExecutionArtifacts(
  ports: Pick<Ports, 'executions' | 'pipelines'>,
  input: { readonly caller: Caller; readonly id: string; readonly name?: string },
): Promise<readonly BuildArtifact[] | undefined> {
  const view = await getExecution(ports, input);
  if (view === undefined) return undefined;
  const published = publishedArtifacts(view, view.nodes);
  return input.name === undefined ? published : published.filter((one) => (one.name ?? 'default') === input.name);
}
