import type { JsonObject } from './json.ts';

/** A configured door for one sender. Its secrets are in the SecretStore under `receiver/<name>`, never here. */
export interface Receiver {
  readonly name: string;
  /** A key of the receivers' table, e.g. `distribution`, `waybill`. */
  readonly type: string;
  /** The unguessable last part of its URL, 32 hex digits or more. */
  readonly hookId: string;
  /** Globs over `host/path`: what it may speak of. */
  readonly repositories: readonly string[];
  /** The host for senders that do not say it. */
  readonly registry?: string;
  readonly allowUnsigned: boolean;
  /** What its type is told beyond this, as the type read it; nothing secret. */
  readonly settings: JsonObject;
  readonly createdAt: number;
  readonly refusedProofs: number;
  readonly failures: number;
  /** Pushes that it may speak of and did not tell, found by comparing with the registry; absent = none. */
  readonly gaps?: number;
  /** Epoch ms. */
  readonly lastGapAt?: number;
  readonly rev: number;
}

/** Names that no user's receiver may take: facts are recorded under them (ruling 7), and by our own doors. */
export const reservedReceivers = [
  'ecr',
  'inspector2',
  'codebuild',
  'codepipeline',
  'registry.local',
  'api',
  'waybill',
  'reconciled',
] as const;

/** The part of its URL that is ours to say. */
export function hookPath(receiver: Pick<Receiver, 'hookId'>): string {
  return `/v1/hooks/${receiver.hookId}`;
}
