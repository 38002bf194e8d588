import { z } from 'zod';

/** For calls that say everything by their path: nothing, or an empty object. */
export const noBody = { kind: 'json', schema: z.strictObject({}), optional: true } as const;
