import { z } from 'zod';
import { matchReasons } from '../domain/delivery.ts';
import { severities } from './artifacts.ts';
import { pageQuery, queryText, timeQuery, timestamp } from './common.ts';

export const match = z
  .object({
    pipeline: z.string().describe('Empty where no rule was asked'),
    source: z.string(),
    matched: z.boolean(),
    reason: z.enum(matchReasons),
    message: z.string(),
    executionId: z.string().optional(),
  })
  .meta({ id: 'Match' });

export const delivery = z
  .object({
    id: z.string(),
    receiver: z.string(),
    receivedAt: timestamp,
    status: z.enum(['pending', 'processed', 'failed']),
    signed: z.boolean(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    events: z.array(
      z.object({
        kind: z.enum(['push', 'scan', 'build', 'test', 'delete', 'webhook']),
        at: timestamp.optional(),
        repository: z.string().optional(),
        tag: z.string().optional(),
        digest: z.string().optional(),
        resolvedAt: timestamp.optional().describe('The sender gave only a tag: when its digest was asked for'),
        movedSince: z
          .literal(true)
          .optional()
          .describe('The tag was pushed again after the event and before its digest was asked for'),
        severities: severities.optional(),
        scanner: z.string().optional(),
        uncounted: z.literal(true).optional().describe('The scan completed and nobody says what it found'),
        coverage: z.number().optional(),
        fault: z
          .object({ code: z.string(), message: z.string() })
          .optional()
          .describe('Why the report of a test does not bear it out'),
        name: z.string().optional(),
        type: z.string().optional().describe('Of a webhook'),
        source: z.string().optional().describe('Of a webhook'),
        pipeline: z.string().optional(),
        build: z.string().optional(),
        outcome: z.string().optional(),
        reports: z
          .array(
            z.object({
              name: z.string(),
              format: z.string(),
              readAt: timestamp.optional(),
              fault: z.object({ code: z.string(), message: z.string() }).optional(),
            }),
          )
          .optional()
          .describe('Test reports that the build names'),
        matches: z.array(match),
      }),
    ),
  })
  .meta({ id: 'Delivery' });

export const deliveryQuery = z.object({
  ...pageQuery,
  receiver: queryText.optional(),
  since: timeQuery.optional().meta({ description: 'RFC 3339' }),
});

export const replayedDelivery = z.object({ deliveryId: z.string() });

/** Answer of a hook. */
export const acceptedDelivery = z.object({ deliveryId: z.string(), events: z.int() });
