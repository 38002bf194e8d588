import { z } from 'zod';
import { duration, groupName, timestamp } from './common.ts';

/** Body of `POST /v1/tokens`. */
export const tokenInput = z
  .strictObject({
    subject: z
      .string()
      .regex(/^[^\p{Cc}]{1,256}$/u, 'A subject is 1 to 256 characters, no control characters.')
      .refine((text) => text.trim() === text, 'A subject neither begins nor ends with a space.'),
    groups: z.array(groupName).max(100),
    expiresIn: duration.optional().meta({ examples: ['90d'] }),
  })
  .meta({ id: 'TokenInput' });

export const createdToken = z
  .object({ id: z.string(), token: z.string().describe('Shown once.'), expiresAt: timestamp.optional() })
  .meta({ id: 'CreatedToken' });

/** A token as listed: its text is nowhere. */
export const listedToken = z
  .object({
    id: z.string(),
    subject: z.string(),
    groups: z.array(z.string()),
    createdAt: timestamp,
    createdBy: z.string(),
    expiresAt: timestamp.optional(),
  })
  .meta({ id: 'Token' });
