import { matchUnresolved } from '../domain/source-match.ts';
import { isFile } from './find-subscriptions.ts';
import { type EventContext, factSource, type IntakePorts } from './intake/event-context.ts';
import { type Offer, refusedOffer } from './intake/offer.ts';
import { offerBuild } from './intake/offer-build.ts';
import { offerFile } from './intake/offer-file.ts';
import { offerFinding } from './intake/offer-finding.ts';
import { offerPush } from './intake/offer-push.ts';
import { offerScan } from './intake/offer-scan.ts';
import { offerWebhook } from './intake/offer-webhook.ts';
import { recordTestEvent } from './intake/record-test-event.ts';
import { recordDelete } from './record-delete.ts';

/** Records what an event says and asks every rule that listens where it happened. */
export async function matchEvent(ports: IntakePorts, context: EventContext): Promise<readonly Offer[]> {
  const { event } = context;
  switch (event.kind) {
    case 'push':
      return isFile(event) ? offerFile(ports, { ...context, event }) : offerPush(ports, { ...context, event });
    case 'scan':
      return event.finding ? offerFinding(ports, { ...context, event }) : offerScan(ports, { ...context, event });
    case 'build':
      return offerBuild(ports, { ...context, event });
    case 'webhook':
      return offerWebhook(ports, { ...context, event });
    case 'test':
      await recordTestEvent(ports, { ...context, event });
      return unheard(context, event.kind);
    case 'delete':
      await recordDelete(ports, event, factSource(context));
      return unheard(context, event.kind);
  }
}

/** No source starts runs from these; the row says so, and lets the pipeline's readers see the delivery (ruling 12). */
function unheard({ subscriptions }: EventContext, kind: 'test' | 'delete'): readonly Offer[] {
  return subscriptions.map((one) => refusedOffer(one, matchUnresolved(one.rule, { kind })));
}
