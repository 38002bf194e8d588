import { z } from 'zod';

/** A text that may be missing: senders leave out, or send null, what they do not know. */
export const someText = z.string().max(2048).nullish();
