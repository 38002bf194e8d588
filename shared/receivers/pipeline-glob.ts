import { z } from 'zod';

/** Which pipelines of a sender are meant: `*` any run of characters, `?` one. Expressions would weigh down the intake. */
export const pipelineGlob = z
  .string()
  .min(1)
  .max(512)
  .refine((text) => !/^(?:regex|semver):/.test(text), 'is a glob such as team/*: no regex: and no semver: here');
