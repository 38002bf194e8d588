import type { Digest } from './digest.ts';
import type { Order } from './execution.ts';
import { compactTime } from './times.ts';

/** What makes two wishes to start one execution the same wish (design 4, ruling 16). */
export type ClaimParts =
  | {
      readonly kind: 'push' | 'scan';
      readonly pipeline: string;
      readonly repository: string;
      readonly tag: string;
      readonly digest: Digest;
    }
  | { readonly kind: 'build'; readonly pipeline: string; readonly upstream: string; readonly build: string }
  | { readonly kind: 'artifact'; readonly pipeline: string; readonly uuid: string }
  | { readonly kind: 'delivery'; readonly pipeline: string; readonly deliveryId: string }
  /** `key` is an Idempotency-Key, scoped by who sent it, or a fresh id. */
  | { readonly kind: 'manual'; readonly pipeline: string; readonly subject: string; readonly key: string }
  | { readonly kind: 'child'; readonly pipeline: string; readonly parent: string; readonly key: string };

/** The text whose sha256 is the claim's key. A JSON list, so that no two lists of parts make the same text. */
export function claimText(parts: ClaimParts): string {
  return JSON.stringify([parts.pipeline, parts.kind, ...ownParts(parts)]);
}

function ownParts(parts: ClaimParts): readonly string[] {
  switch (parts.kind) {
    case 'push':
    case 'scan':
      return [parts.repository, parts.tag, parts.digest];
    case 'build':
      return [parts.upstream, parts.build];
    case 'artifact':
      return [parts.uuid];
    case 'delivery':
      return [parts.deliveryId];
    case 'manual':
      return [parts.subject, parts.key];
    case 'child':
      return [parts.parent, parts.key];
  }
}

/** `<pipeline, at most 24>-<20261120T101500Z>-<24 hex of the claim key>`: at most 66 characters, as Step Functions names allow 80. */
export function executionId(pipeline: string, at: number, claimKey: string): string {
  return `${pipeline.slice(0, 24)}-${compactTime(at)}-${claimKey.slice(0, 24)}`;
}

/** Sorts as text by time, then by the claim's hash, so that no two executions are equal. */
export function executionOrder(at: number, claimKey: string): Order {
  return `${String(Math.max(0, Math.floor(at))).padStart(15, '0')}-${claimKey.slice(0, 8)}`;
}

/** The event's own time, never later than when it was received: a sender's clock must not put its run before all later ones. */
export function eventTime(event: { readonly at?: number }, receivedAt: number): number {
  return event.at === undefined ? receivedAt : Math.min(event.at, receivedAt);
}
