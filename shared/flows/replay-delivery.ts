import type { Caller } from '../domain/caller.ts';
import type { Delivery, Match } from '../domain/delivery.ts';
import { Failure } from '../domain/failure.ts';
import { canChange } from '../domain/permission.ts';
import type { Ports } from '../ports/ports.ts';
import { firstStatus, offerDelivery } from './intake/accept-delivery.ts';
import { type DeliveryView, findDelivery } from './list-deliveries.ts';
import { mayChangeReceivers } from './put-receiver.ts';

type ReplayPorts = Parameters<typeof findDelivery>[0] & Pick<Ports, 'log' | 'queue'>;

export type ReplayAnswer =
  | { readonly kind: 'replayed'; readonly deliveryId: string }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'forbidden' };

/**
 * Processes a delivery again: rules that said no are asked anew, as the pipelines are now and as the registry answers now.
 * What was started stays what it is, since its claim does.
 */
export async function replayDelivery(
  ports: ReplayPorts,
  { caller, id }: { readonly caller: Caller; readonly id: string },
): Promise<ReplayAnswer> {
  const view = await findDelivery(ports, { caller, id });
  if (view === undefined) return { kind: 'notFound' };
  if (!(await mayReplay(ports, caller, view))) return { kind: 'forbidden' };
  for (const match of await ports.deliveries.matches(id)) {
    // Whoever changes the row meanwhile is processing it, which is all that is wanted.
    if (!match.matched && match.executionId === undefined) await ports.deliveries.saveMatch(id, askedAnew(match));
  }
  const replayed = await reopen(ports, id);
  return replayed === undefined ? { kind: 'notFound' } : { kind: 'replayed', deliveryId: id };
}

/** A replay may start runs, so it is for those who own one of the pipelines that the delivery met, too. */
async function mayReplay(ports: ReplayPorts, caller: Caller, { matches }: DeliveryView): Promise<boolean> {
  if (mayChangeReceivers(caller)) return true;
  const pipelines = [...new Set(matches.map(({ pipeline }) => pipeline))];
  const heads = await Promise.all(pipelines.map((pipeline) => ports.pipelines.head(pipeline)));
  return heads.some((head) => head !== undefined && canChange(caller, head));
}

/** Due at once: should this process die before the delivery is pending again, the sweep offers it for its rows. */
function askedAnew(match: Match): Match {
  return { ...match, status: 'pending', attempts: 0, nextAt: 0 };
}

async function reopen(ports: ReplayPorts, id: string): Promise<Delivery | undefined> {
  for (let tries = 0; tries < 8; tries++) {
    const present = await ports.deliveries.find(id);
    if (present === undefined) return undefined;
    const { error: _, ...rest } = present;
    const saved = await ports.deliveries.save({ ...rest, status: firstStatus(present), attempts: 0 });
    if (saved !== undefined) {
      await offerDelivery(ports, id);
      return saved;
    }
  }
  throw new Failure('conflict', `Delivery ${id} is being changed too often at once.`);
}
