import type { Digest } from '../domain/digest.ts';

/** What a registry says of an image that its API for images does not tell. */
export interface ImageStates {
  /**
   * `archived`: it is kept and cannot be pulled; `activating`: it is being brought back. `unknown`: no such registry, or one that
   * this service may not ask. Failures: manifestUnknown, registryUnavailable.
   */
  read(repository: string, digest: Digest): Promise<'active' | 'archived' | 'activating' | 'unknown'>;
}
