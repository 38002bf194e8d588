import type { AnySubscription, PipelineHead, PipelineVersion } from '../domain/pipeline.ts';

export interface PipelineStore {
  head(name: string): Promise<PipelineHead | undefined>;
  /** Writes if `rev` is the stored one (0 = absent); undefined on conflict. */
  saveHead(head: PipelineHead): Promise<PipelineHead | undefined>;
  /** By name; deleted ones left out. */
  heads(): Promise<readonly PipelineHead[]>;

  /** Put if absent by (name, version); immutable, so it may be cached. */
  putVersion(version: PipelineVersion): Promise<'created' | 'known'>;
  version(name: string, version: string): Promise<PipelineVersion | undefined>;
  /** Newest first, without bodies. */
  versions(
    name: string,
  ): Promise<readonly { readonly version: string; readonly createdAt: number; readonly createdBy: string }[]>;

  /** All under one of these keys; consistent. */
  subscriptions(keys: readonly string[]): Promise<readonly AnySubscription[]>;
  putSubscriptions(subscriptions: readonly AnySubscription[]): Promise<void>;
  /** Removes those of the pipeline under `keys` whose version is not `keep` (none kept when undefined). */
  removeSubscriptions(pipeline: string, keys: readonly string[], keep: string | undefined): Promise<void>;
}
