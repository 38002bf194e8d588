import { z } from 'zod';
import { digestText, jsonObject } from './common.ts';

/** Body of `POST /v1/callbacks/{token}`: ends a `webhook` step that waits. */
export const callbackInput = z
  .strictObject({
    status: z.enum(['succeeded', 'failed']),
    artifacts: z
      .array(jsonObject)
      .max(100)
      .optional()
      .describe('{name?, artifact: {…}}, or a decorated artifact itself, or one of Flow’s shapes under its own name'),
    observed: digestText.optional(),
    reason: z.string().max(4000).optional(),
  })
  .meta({ id: 'CallbackInput' });

export const callbackAnswer = z.object({ status: z.enum(['accepted', 'repeated']) });
