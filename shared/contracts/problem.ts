import { z } from 'zod';

/** RFC 9457, with the contract's `code` and, on 422, where each fault is. */
export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What was wrong, where, and what to do.'),
    code: z.string().describe('One camelCase word for programs.'),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;
