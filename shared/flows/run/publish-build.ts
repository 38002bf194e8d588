import type { BuildEvent } from '../../domain/delivery.ts';
import type { LedgerNode } from '../../domain/execution.ts';
import type { Ports } from '../../ports/ports.ts';
import { followersOf } from '../find-subscriptions.ts';
import { isSettled } from '../intake/settle-event.ts';
import { recordBuild } from '../record-build.ts';
import { storeOwnDelivery } from '../store-own-delivery.ts';
import type { Run } from './load-run.ts';
import { publishedArtifacts } from './published-artifacts.ts';

type PublishPorts = Pick<
  Ports,
  'artifacts' | 'deliveries' | 'queue' | 'clock' | 'pipelines' | 'sha1' | 'sha256' | 'log' | 'receivers' | 'randomness'
>;

const receiver = 'waybill';

/**
 * A successful execution is a build. Where pipelines listen to it, it is a delivery like any other, under a derived key; where
 * none does there is no rule to ask, and it is recorded at once. A pipeline that begins to listen in between is as one that came
 * later: it finds the record.
 */
export async function publishBuild(ports: PublishPorts, run: Run, nodes: readonly LedgerNode[]): Promise<void> {
  const { execution } = run;
  const event = buildEvent(run, nodes);
  // An image that has a tag alone is looked up as deliveries are.
  if (isSettled(event) && (await followersOf(ports, execution.pipeline)).length === 0) {
    await recordBuild(ports, event, { receiver, trusted: true, at: event.at });
    return;
  }
  await storeOwnDelivery(ports, {
    receiver,
    key: `${execution.id}/${execution.attempt}`,
    events: [event],
    ...(execution.trigger.user === undefined ? {} : { actor: execution.trigger.user }),
  });
}

/** The same each time it is asked for: its time is the end of what was last to end, and gives the facts their names. */
function buildEvent({ execution, plan }: Run, nodes: readonly LedgerNode[]): BuildEvent & { readonly at: number } {
  const startedAt = execution.startedAt ?? execution.createdAt;
  const at = nodes.reduce((latest, { endedAt }) => Math.max(latest, endedAt ?? latest), startedAt);
  return {
    kind: 'build',
    pipeline: execution.pipeline,
    build: String(execution.buildNumber),
    outcome: 'succeeded',
    at,
    startedAt,
    finishedAt: at,
    artifacts: publishedArtifacts({ plan }, nodes),
    execution: execution.id,
  };
}
