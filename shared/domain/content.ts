import type { Artifact } from './artifact.ts';
import type { Poster } from './fact.ts';

/** Bytes kept for the runs of one application (the pipeline's name), once under the hash of their base64 text. */
export interface StoredContent {
  readonly application: string;
  /** sha256 hex of the UTF-8 bytes of the base64 TEXT, as in Spinnaker's artifact store. */
  readonly hash: string;
  /** sha256 hex of the bytes themselves. */
  readonly sha256: string;
  /** Of the bytes, not of what is stored of them. */
  readonly size: number;
  /** Key of the gzipped bytes in the BlobStore. */
  readonly blob: string;
  /** When its bytes were put: content that was removed and is stored again has a key of its own. */
  readonly generation: number;
  readonly storedAt: number;
  /** When a run bound it last, or a sweep found that a kept run needs it. */
  readonly usedAt: number;
  /** Days after `usedAt`; absent = the default. */
  readonly retentionDays?: number;
  /** Artifacts whose bytes these are, the newest last; not all if there are many. */
  readonly uuids: readonly string[];
  /** A sweep is taking the bytes away. */
  readonly removing?: boolean;
  readonly rev: number;
}

/** What the bytes of an artifact were when an application saw them first. */
export interface ArtifactContent {
  readonly application: string;
  readonly uuid: string;
  readonly hash: string;
  readonly sha256: string;
  readonly size: number;
  readonly at: number;
  /** Who uploaded them; they then count only for pipelines whose owners include one of these groups. */
  readonly postedBy?: Poster;
}

/** Application of content that was uploaded by route: no pipeline can have this name. */
export const uploads = '_uploads';

export const remoteType = 'remote/base64';
export const embeddedType = 'embedded/base64';

/** Largest content that is fetched and stored. */
export const maxContentBytes = 32 * 1024 * 1024;
/** Largest content that a route takes or gives: an answer of Lambda has at most 6 MB, base64 included. */
export const maxRouteBytes = 4 * 1024 * 1024;

export function contentReference({ application, hash }: Pick<StoredContent, 'application' | 'hash'>): string {
  return `ref://${application}/${hash}`;
}

/** `ref://{application}/{sha256 hex}`; undefined for anything else. */
export function parseContentReference(
  text: string,
): { readonly application: string; readonly hash: string } | undefined {
  const [, application, hash] = /^ref:\/\/([a-z0-9_][a-z0-9-]{0,62})\/([0-9a-f]{64})$/.exec(text) ?? [];
  return application === undefined || hash === undefined ? undefined : { application, hash };
}

export function contentKey({
  application,
  hash,
  generation,
}: Pick<StoredContent, 'application' | 'hash' | 'generation'>) {
  return `content/${application}/${hash.slice(0, 2)}/${hash}-${generation}.gz`;
}

/** Ruling 10: what somebody uploaded counts for pipelines that one of his groups owns, an admin's for all. */
export function countsFor({ postedBy }: Pick<ArtifactContent, 'postedBy'>, owners: readonly string[]): boolean {
  return postedBy === undefined || postedBy.admin || postedBy.groups.some((group) => owners.includes(group));
}

/** `retentionDays` that came with an artifact, in days; anything but a whole number from 1 to 36,500 is none. */
export function retentionDaysOf({ metadata }: Pick<Artifact, 'metadata'>): number | undefined {
  const days = Object.hasOwn(metadata, 'retentionDays') ? Number(metadata.retentionDays) : Number.NaN;
  return Number.isInteger(days) && days >= 1 && days <= 36_500 ? days : undefined;
}
