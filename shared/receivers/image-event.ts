import { createHash } from 'node:crypto';
import type { DeliveredEvent } from '../domain/delivery.ts';
import { parseDigest } from '../domain/digest.ts';
import { isRepository, isTag } from '../domain/reference.ts';

/** What a registry says of one image, in whatever words. */
export interface ToldImage {
  readonly repository: string;
  /** Absent, null, '' and a digest all mean none. */
  readonly tag?: string | null;
  readonly digest?: string | null;
  /** Epoch ms. */
  readonly at?: number;
  readonly mediaType?: string | null;
  readonly actor?: string | null;
}

/** One push or delete; none where neither tag nor digest is left, since there is nothing to ask a registry for. */
export function imageEvent(kind: 'push' | 'delete', told: ToldImage): readonly DeliveredEvent[] {
  const { repository, at } = told;
  const digest = parseDigest(told.digest ?? '');
  const tag = told.tag && isTag(told.tag) ? told.tag : undefined;
  if (tag === undefined && digest === undefined) return [];
  if (kind === 'delete') return [{ kind, repository, tag, digest, at }];
  return [
    { kind, repository, tag, digest, at, mediaType: told.mediaType || undefined, actor: told.actor || undefined },
  ];
}

/**
 * `host/path` in lower case: some registries show an owner's capitals in names that OCI has in lower case. Undefined where that
 * is no repository.
 */
export function repositoryOf(host: string | null | undefined, path: string | null | undefined): string | undefined {
  const repository = `${host ?? ''}/${path ?? ''}`.toLowerCase();
  return isRepository(repository) ? repository : undefined;
}

/** The key of a call by its bytes: for bodies that hold a digest or a time, and no id that the proof covers. */
export function bodyKey(body: Uint8Array): string {
  return `body:${createHash('sha256').update(body).digest('hex')}`;
}
