import type { RawDelivery, VerifiedDelivery } from '../domain/delivery.ts';
import { proven } from './proven.ts';
import type { ProofContext } from './receiver-type.ts';
import { isOneOf } from './secret-header.ts';

/**
 * For senders that can neither sign nor send a header of our choosing: a secret in their URL, `?secret=`, or nothing where the
 * owner allowed that. Either way the delivery counts as unsigned: URLs end up in logs on the way.
 */
export function verifyQuerySecret(raw: RawDelivery, context: ProofContext): VerifiedDelivery | undefined {
  const equal = isOneOf(raw.query.secret ?? '', context.secrets);
  return equal || context.allowUnsigned ? proven(raw, { signed: false }) : undefined;
}

/** What stands in a URL without being encoded, so that what was configured is what arrives. */
export function querySecretFault(secret: string): string | undefined {
  if (secret.length < 16 || secret.length > 1024)
    return 'must have 16 to 1024 characters: it is all that proves the sender';
  return /^[A-Za-z0-9._~-]+$/.test(secret)
    ? undefined
    : 'must be letters, digits and . _ ~ -: it stands in the URL as it is';
}
