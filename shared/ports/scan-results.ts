import type { Digest } from '../domain/digest.ts';
import type { Severities } from '../domain/fact.ts';
import type { Asker } from './registry-client.ts';

export type ScanResult =
  | { readonly kind: 'complete'; readonly severities: Severities; readonly scanner?: string }
  | { readonly kind: 'failed' }
  /** Nobody here can say: there is no API to ask, no account for it, or it knows no scan of this digest. */
  | { readonly kind: 'unknown' };

/**
 * What a registry's scanner found, asked from its API where an event says only that a scan ended.
 * Failures: registryUnavailable (5xx, 429, network, or the scan is still under way; retryable), registryDenied (401, 403),
 * manifestUnknown, addressRefused, outboundRefused.
 */
export interface ScanResults {
  /** `repository` is `host/path`. Credentials are those of the host's account, as far as the asker may use it. */
  read(repository: string, digest: Digest, asker?: Asker): Promise<ScanResult>;
}
