import type { Caller } from '../domain/caller.ts';
import type { Delivery, Match } from '../domain/delivery.ts';
import type { Poster } from '../domain/fact.ts';
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
 * Processes a delivery again: rules that said no are asked anew, as the pipelines are now and as the registry answers now; for an
 * owner those of his own pipelines. What was started stays what it is, since its claim does.
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
    const isOpen = !match.matched && match.executionId === undefined;
    if (isOpen && (await mayAsk(ports, caller, match.pipeline))) await ports.deliveries.saveMatch(id, askedAnew(match));
  }
  const replayed = await reopen(ports, id, caller);
  return replayed === undefined ? { kind: 'notFound' } : { kind: 'replayed', deliveryId: id };
}

/** A replay may start runs, so it is for those who own one of the pipelines that the delivery met, too. */
async function mayReplay(ports: ReplayPorts, caller: Caller, { matches }: DeliveryView): Promise<boolean> {
  if (mayChangeReceivers(caller)) return true;
  const pipelines = [...new Set(matches.map(({ pipeline }) => pipeline))];
  const answers = await Promise.all(pipelines.map((pipeline) => mayAsk(ports, caller, pipeline)));
  return answers.includes(true);
}

async function mayAsk(ports: ReplayPorts, caller: Caller, pipeline: string): Promise<boolean> {
  if (mayChangeReceivers(caller)) return true;
  const head = await ports.pipelines.head(pipeline);
  return head !== undefined && canChange(caller, head);
}

/** Due at once: should this process die before the delivery is pending again, the sweep offers it for its rows. */
function askedAnew(match: Match): Match {
  return { ...match, status: 'pending', attempts: 0, nextAt: 0 };
}

async function reopen(ports: ReplayPorts, id: string, caller: Caller): Promise<Delivery | undefined> {
  for (let tries = 0; tries < 8; tries++) {
    const present = await ports.deliveries.find(id);
    if (present === undefined) return undefined;
    const { error: _error, replayedBy: _before, ...rest } = present;
    const replayedBy = replayerOf(present, caller);
    const saved = await ports.deliveries.save({
      ...rest,
      ...(replayedBy === undefined ? {} : { replayedBy }),
      status: firstStatus(present),
      attempts: 0,
    });
    if (saved !== undefined) {
      await offerDelivery(ports, id);
      return saved;
    }
  }
  throw new Failure('conflict', `Delivery ${id} is being changed too often at once.`);
}

/** One that is pending for everybody stays so; one that is pending for another owner is so for both. */
function replayerOf({ status, replayedBy }: Delivery, caller: Caller): Poster | undefined {
  const isForAll = mayChangeReceivers(caller) || (status === 'pending' && replayedBy === undefined);
  if (isForAll) return undefined;
  const others = status === 'pending' ? (replayedBy?.groups ?? []) : [];
  return { subject: caller.subject, groups: [...new Set([...others, ...caller.groups])], admin: false };
}
