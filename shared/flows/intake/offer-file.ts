import type { Artifact } from '../../domain/artifact.ts';
import type { PushEvent } from '../../domain/delivery.ts';
import { matchSource } from '../../domain/source-match.ts';
import { recordFile } from '../record-file.ts';
import { type EventContext, factSource, type IntakePorts } from './event-context.ts';
import { type Offer, refusedOffer } from './offer.ts';

/** Records the push of a file or package and asks every source that names it. */
export async function offerFile(
  ports: IntakePorts,
  context: EventContext<PushEvent & { readonly artifact: Artifact }>,
): Promise<readonly Offer[]> {
  const { artifact } = context.event;
  await recordFile(ports, artifact, factSource(context));
  return context.subscriptions.map((subscription) => {
    const decided = matchSource(subscription.rule, { kind: 'artifact', version: artifact.version });
    if (!decided.matched) return refusedOffer(subscription, decided);
    const received = { kind: 'file', artifact } as const;
    return { subscription, outcome: { kind: 'matched', wish: { kind: 'artifact', received } } };
  });
}
