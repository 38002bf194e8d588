import type { Receiver } from '../domain/receiver.ts';

export interface ReceiverStore {
  /** Writes if `rev` is the stored one (0 = must not exist); undefined on conflict. Also keeps hook id -> name. */
  save(receiver: Receiver): Promise<Receiver | undefined>;
  find(name: string): Promise<Receiver | undefined>;
  /** May be some seconds old on several machines; never after a write in this process. */
  findByHook(hookId: string): Promise<Receiver | undefined>;
  list(): Promise<readonly Receiver[]>;
  remove(name: string): Promise<void>;
  /** Counted, not stored. */
  countRefusedProof(name: string): Promise<void>;
  countFailure(name: string): Promise<void>;
  /** A push that it may speak of and did not tell; `at` in epoch ms. */
  countGap(name: string, at: number): Promise<void>;
}
