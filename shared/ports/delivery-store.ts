import type { Delivery, Match } from '../domain/delivery.ts';
import type { Page, PageRequest } from '../domain/page.ts';

export interface DeliveryStore {
  /** Put if absent by id: ONE write. The item itself is the pending entry. */
  accept(
    delivery: Delivery,
  ): Promise<{ readonly kind: 'accepted' } | { readonly kind: 'known'; readonly delivery: Delivery }>;
  find(id: string): Promise<Delivery | undefined>;
  /** Writes if `rev` is the stored one; undefined on conflict. Status `pending` keeps it among the pending ones. */
  save(delivery: Delivery): Promise<Delivery | undefined>;
  /** Newest first. Without a receiver: of all `receivers` given. */
  list(
    query: PageRequest & { readonly receivers: readonly string[]; readonly since?: number },
  ): Promise<Page<Delivery>>;
  /** Pending deliveries received before `before`, oldest first: what a sweep offers again. */
  pending(before: number, limit: number): Promise<readonly string[]>;

  /** Put if absent (rev 0) or if `rev` is the stored one; undefined on conflict. `pending` ones are found by `dueMatches`. */
  saveMatch(deliveryId: string, match: Match): Promise<Match | undefined>;
  /** Every outcome: the rows, and what the delivery carries itself of rules without a row; by event. */
  matches(deliveryId: string): Promise<readonly Match[]>;
  /** Both in one read; consistent. */
  findWithMatches(id: string): Promise<{ readonly delivery: Delivery | undefined; readonly matches: readonly Match[] }>;
  /** Deliveries with a pending match whose `nextAt` has come. */
  dueMatches(now: number, limit: number): Promise<readonly string[]>;
}
