import { z } from 'zod';
import { digestText, timestamp } from './common.ts';

export const environmentHead = z
  .object({
    pipeline: z.string(),
    stage: z.string(),
    job: z.string(),
    step: z.string(),
    repository: z.string(),
    digest: digestText,
    since: timestamp,
    executionId: z.string(),
  })
  .meta({ id: 'EnvironmentHead' });

export const environment = z.object({ name: z.string(), heads: z.array(environmentHead) }).meta({ id: 'Environment' });
