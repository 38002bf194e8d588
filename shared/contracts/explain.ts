import { z } from 'zod';
import { isRepository, isTag } from '../domain/reference.ts';
import { digestText } from './common.ts';
import { match } from './deliveries.ts';

/** Body of `POST /v1/explain`. */
export const explainInput = z
  .strictObject({
    repository: z
      .string()
      .max(1024)
      .refine(isRepository, 'A repository is host/path, such as registry.example.com/team/shop.'),
    tag: z.string().refine(isTag, 'A tag is up to 128 letters, digits, _ . and -.').optional(),
    digest: digestText.optional(),
  })
  .meta({ id: 'ExplainInput' });

export const explanations = z.object({ items: z.array(match.omit({ executionId: true })) });
