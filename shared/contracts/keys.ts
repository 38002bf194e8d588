import { z } from 'zod';

export const publicKey = z
  .object({ keyId: z.string(), algorithm: z.literal('ECDSA_P256_SHA256'), pem: z.string() })
  .meta({ id: 'PublicKey' });
