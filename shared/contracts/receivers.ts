import { z } from 'zod';
import { timestamp } from './common.ts';

const text = z.string().min(1).max(1024);

/** Body of `PUT /v1/receivers/{name}`; what each type demands of it is checked with the type. */
export const receiverInput = z
  .object({
    type: text.describe('What sends: docs/senders lists them'),
    repositories: z.array(text).max(200).describe('Globs over host/path that it may speak of'),
    secret: z
      .union([text, z.array(text).min(1).max(2)])
      .optional()
      .describe('One, or the current and the previous; without it the present one stays.'),
    registry: text.optional().describe('The host, for senders that do not say it'),
    allowUnsigned: z.boolean().optional().describe('Only for senders that cannot prove themselves'),
  })
  .catchall(z.json().describe('A setting of the type'))
  .meta({ id: 'ReceiverInput' });

const shown = {
  name: z.string(),
  type: z.string(),
  url: z.string().describe('The path that the sender posts to: keep it to yourself.'),
  repositories: z.array(z.string()),
  registry: z.string().optional(),
  allowUnsigned: z.boolean(),
  settings: z.record(z.string(), z.json()).optional().describe('Those of the type'),
  createdAt: timestamp,
};

export const receiver = z.object(shown).meta({ id: 'Receiver' });

export const listedReceiver = z
  .object({
    ...shown,
    lastDeliveryAt: timestamp.optional(),
    gaps: z
      .object({ count: z.int(), lastAt: timestamp })
      .optional()
      .describe('Pushes that it may speak of and did not tell: found in the registry, and delivered as `reconciled`'),
    failures: z.int().describe('Deliveries that failed too often'),
    refusedProofs: z.int().describe('Calls without a good proof: counted, not stored'),
  })
  .meta({ id: 'ListedReceiver' });
