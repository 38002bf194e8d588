import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';

/** Shapes that several routes share (contract, first page). */

export const timestamp = z.string().describe('RFC 3339, UTC').meta({ format: 'date-time' });
export const digestText = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'A digest is sha256: and 64 lower-case hex digits.')
  .meta({ id: 'Digest' });
export const duration = z
  .string()
  .describe('90s, 15m, 2h or 7d')
  .transform((text, context) => {
    const milliseconds = parseDuration(text);
    if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
    context.addIssue({
      code: 'custom',
      message: 'A duration is a number and s, m, h or d, such as 90s, 15m, 2h or 7d.',
    });
    return z.NEVER;
  });

/** Names of pipelines, receivers and accounts. */
export const resourceName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'A name is 1 to 63 lower-case letters, digits and -, and begins with a letter or digit.',
  );

export const groupName = z.string().regex(/^[^\s\p{Cc}]{1,128}$/u, 'A group is 1 to 128 characters without spaces.');

/** Any JSON value. */
export const json = z.json();
export const jsonObject = z.record(z.string(), json);

const limitText = z
  .string()
  .regex(/^\d{1,4}$/, 'limit is a whole number from 1 to 200.')
  .transform(Number)
  .refine((limit) => limit >= 1 && limit <= 200, 'limit is a whole number from 1 to 200.');

/** `?cursor=&limit=`, on every list. */
export const pageQuery = {
  cursor: z.string().max(2048).optional().describe('`next` of the page before'),
  limit: limitText.default(50).meta({ description: '1 to 200, default 50' }),
};

export const queryText = z.string().max(1024);

export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().optional() });
}

/** A filter by time: RFC 3339 with a zone, read as epoch ms. */
export const timeQuery = z.iso
  .datetime({ offset: true, error: 'A time is RFC 3339 with a zone, such as 2026-11-20T10:15:00Z.' })
  .transform((text) => Date.parse(text));
