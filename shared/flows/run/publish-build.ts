import type { LedgerNode } from '../../domain/execution.ts';
import type { Ports } from '../../ports/ports.ts';
import { storeOwnDelivery } from '../store-own-delivery.ts';
import type { Run } from './load-run.ts';
import { publishedArtifacts } from './published-artifacts.ts';

/** A successful execution is a build event for the pipelines downstream: a delivery like any other, under a derived key. */
export async function publishBuild(
  ports: Pick<Ports, 'deliveries' | 'queue' | 'clock' | 'sha256' | 'log' | 'receivers' | 'randomness'>,
  run: Run,
  nodes: readonly LedgerNode[],
): Promise<void> {
  const { execution } = run;
  const at = ports.clock.now();
  await storeOwnDelivery(ports, {
    receiver: 'waybill',
    key: `${execution.id}/${execution.attempt}`,
    events: [
      {
        kind: 'build',
        pipeline: execution.pipeline,
        build: String(execution.buildNumber),
        outcome: 'succeeded',
        at,
        startedAt: execution.startedAt ?? execution.createdAt,
        finishedAt: at,
        artifacts: publishedArtifacts(run, nodes),
        execution: execution.id,
      },
    ],
    ...(execution.trigger.user === undefined ? {} : { actor: execution.trigger.user }),
  });
}
