import type { ArtifactContent, StoredContent } from '../domain/content.ts';
import type { Page, PageRequest } from '../domain/page.ts';

/** Records of stored content; the bytes are in the BlobStore under the record's `blob`. */
export interface ContentStore {
  /** By application and sha256 hex of the base64 text. */
  find(application: string, hash: string): Promise<StoredContent | undefined>;
  /** Writes if `rev` is the stored one (0 = absent); undefined on conflict. */
  save(content: StoredContent): Promise<StoredContent | undefined>;
  /** Removes the record if `rev` is the stored one; false if it changed meanwhile. */
  remove(content: StoredContent): Promise<boolean>;
  /** Those of one application, in no order that matters. */
  list(application: string, page: PageRequest): Promise<Page<StoredContent>>;

  /** What an artifact's bytes were, put if absent by (uuid, application); `known` answers what is there. Kept for ever. */
  pin(content: ArtifactContent): Promise<{ readonly kind: 'pinned' | 'known'; readonly content: ArtifactContent }>;
  /** Of every application that had the artifact's bytes. */
  pins(uuid: string): Promise<readonly ArtifactContent[]>;
}

/** Gzip, not the same bytes on every machine: only what comes out of it is compared. */
export interface Compression {
  gzip(bytes: Uint8Array): Promise<Uint8Array>;
  /** Failure tooLarge if more than `maxBytes` come out of it. */
  gunzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array>;
}
