import { z } from 'zod';
import { json, queryText, timestamp } from './common.ts';

export const savedPipeline = z.object({ name: z.string(), version: z.string() });

export const listedPipeline = z
  .object({
    name: z.string(),
    version: z.string(),
    description: z.string().optional(),
    owners: z.array(z.string()),
    readers: z.array(z.string()).optional().describe('Absent: every token may see it.'),
    createdAt: timestamp.describe('Of the present version'),
    createdBy: z.string(),
  })
  .meta({ id: 'ListedPipeline' });

export const pipeline = z
  .object({
    name: z.string(),
    version: z.string().describe('The one shown'),
    current: z.string().describe('The one that runs now'),
    createdAt: timestamp,
    createdBy: z.string(),
    file: json.describe('As it was put, as JSON'),
    versions: z.array(z.object({ version: z.string(), createdAt: timestamp, createdBy: z.string() })),
  })
  .meta({ id: 'Pipeline' });

export const pipelineQuery = z.object({ version: queryText.optional() });

/** Body of `PUT /v1/pipelines/{name}`, for OpenAPI: its own page of the documentation fixes the rest. */
export const pipelineFileBody = z.looseObject({
  name: z.string(),
  sources: z.record(z.string(), z.unknown()).optional(),
  stages: z.record(z.string(), z.unknown()),
});
