import type { Ports } from '../../ports/ports.ts';
import { wakeNode } from '../wake.ts';

/**
 * Wakes the runs that stand before an environment and may have something to learn: the oldest that waits for the lock, and
 * every run that a newer head has made older. The others go on sleeping: a long queue costs one wake per change, not n.
 */
export async function wakeStanding(
  ports: Pick<Ports, 'environments' | 'executions' | 'orchestrator'>,
  environment: string,
  pipeline: string,
  except: string,
): Promise<void> {
  const arrivals = (await ports.environments.arrivals(environment, pipeline)).filter(
    (one) => one.executionId !== except,
  );
  if (arrivals.length === 0) return;
  const heads = await ports.environments.heads(environment, pipeline);
  const newest =
    heads
      .map((head) => head.order)
      .sort()
      .at(-1) ?? '';
  const next = arrivals.find((one) => one.ready);
  for (const one of arrivals) {
    if (one === next || one.order < newest) await wakeNode(ports, one.executionId, one.stage);
  }
}
