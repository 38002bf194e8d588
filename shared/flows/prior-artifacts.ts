import type { Artifact } from '../domain/artifact.ts';
import type { Ports } from '../ports/ports.ts';
import { runArtifacts } from './run-artifacts.ts';

/** Every artifact of the newest run of a pipeline, in whatever status it is. A run that is bound anew is not its own predecessor. */
export async function priorArtifacts(
  ports: Pick<Ports, 'executions'>,
  pipeline: string,
  except: string | undefined,
): Promise<readonly Artifact[]> {
  const { items } = await ports.executions.list({ pipeline, limit: except === undefined ? 1 : 2 });
  const newest = items.find(({ id }) => id !== except);
  return newest === undefined ? [] : runArtifacts(ports, newest);
}
