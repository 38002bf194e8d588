import type { ScanEvent } from '../../domain/delivery.ts';
import { recordFinding } from '../record-finding.ts';
import { type EventContext, factSource, type IntakePorts } from './event-context.ts';
import { type Offer, refusedOffer } from './offer.ts';

const refusal = {
  reason: 'scanNotSuccessful',
  message: 'This is one finding, not the end of a scan; it makes the last verdict worse where that does not hold it.',
} as const;

/** Records what came up between two scans; no source starts a run of it. */
export async function offerFinding(ports: IntakePorts, context: EventContext<ScanEvent>): Promise<readonly Offer[]> {
  const { digest } = context.event;
  if (digest !== undefined) await recordFinding(ports, { ...context.event, digest }, factSource(context));
  return context.subscriptions.map((subscription) => refusedOffer(subscription, refusal));
}
