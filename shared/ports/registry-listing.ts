import type { Digest } from '../domain/digest.ts';
import type { Page } from '../domain/page.ts';
import type { Asker } from './registry-client.ts';

export interface ListedTag {
  readonly tag: string;
  /** Where a listing says it (ECR). */
  readonly digest?: Digest;
}

/**
 * The tags of a repository as its registry lists them, page by page.
 * Failures: registryDenied, manifestUnknown (no such repository), registryUnavailable (retryable; `details.retryAfterMs` where the
 * registry says when to come again), addressRefused, accountNotPermitted.
 */
export interface RegistryListing {
  /** Whether this engine enters the registry with rights of its own, without an account that somebody made. */
  hasOwnRights(host: string): boolean;
  tags(repository: string, page: { readonly cursor?: string; readonly asker: Asker }): Promise<Page<ListedTag>>;
  /** What the registry says a tag points at, without its bytes: a hint that nobody has hashed. Undefined: it does not say. */
  hint(repository: string, tag: string, asker: Asker): Promise<Digest | undefined>;
}
