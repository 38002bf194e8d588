import type { MatchReason } from '../../domain/delivery.ts';
import { Failure, type FailureCode } from '../../domain/failure.ts';

/** What a registry's answer means for whoever asked for an image (ruling 14). */
const reasons: Partial<Record<FailureCode, MatchReason>> = {
  registryDenied: 'registryDenied',
  addressRefused: 'registryDenied',
  outboundRefused: 'registryDenied',
  accountNotPermitted: 'registryDenied',
  manifestUnknown: 'manifestUnknown',
  blobUnknown: 'manifestUnknown',
  tooLarge: 'manifestUnknown',
  digestMismatch: 'digestMismatch',
};

export interface RegistryRefusal {
  readonly reason: MatchReason;
  readonly code: FailureCode;
  readonly message: string;
}

/** Answers that asking again will not change. Undefined = not of a registry, or worth another try. */
export function registryRefusal(error: unknown): RegistryRefusal | undefined {
  if (!(error instanceof Failure) || error.retryable) return undefined;
  const reason = reasons[error.code];
  return reason && { reason, code: error.code, message: error.message };
}

/** A registry that cannot be asked now; faults of our own store are not meant. */
export function isRegistryOutage(error: unknown): error is Failure {
  return error instanceof Failure && error.retryable && /^(registry|outbound)/.test(error.code);
}
