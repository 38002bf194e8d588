import type { Arrival } from '../../domain/environment.ts';
import type { Ports } from '../../ports/ports.ts';
import { wakeNode } from '../wake.ts';
import { firstThere } from './environment-turn.ts';

type WakePorts = Pick<Ports, 'environments' | 'executions' | 'orchestrator'>;

/**
 * Wakes the runs that stand before an environment and may have something to learn: the oldest that waits for the lock, and
 * every run that a newer head has made older. The others go on sleeping: a long queue costs one wake per change, not n.
 */
export async function wakeStanding(ports: WakePorts, environment: string, pipeline: string): Promise<void> {
  const arrivals = await ports.environments.arrivals(environment, pipeline);
  await wakeThose(ports, { environment, pipeline, arrivals });
}

/** Called with what stands there, read after whatever they have to learn was written. */
export async function wakeThose(
  ports: WakePorts,
  at: { readonly environment: string; readonly pipeline: string; readonly arrivals: readonly Arrival[] },
): Promise<void> {
  const { environment, pipeline, arrivals } = at;
  if (arrivals.length === 0) return;
  const heads = await ports.environments.heads(environment, pipeline);
  const newest =
    heads
      .map((head) => head.order)
      .sort()
      .at(-1) ?? '';
  const next = await firstThere(ports, arrivals, (there) => there.find((one) => one.ready));
  for (const one of arrivals) {
    if (one === next || one.order < newest) await wakeNode(ports, one.executionId, one.stage);
  }
}
