import { z } from 'zod';
import { jsonObject, timestamp } from './common.ts';

/** An artifact as answered: Spinnaker's decoration. */
export const artifact = z
  .object({
    type: z.string(),
    name: z.string(),
    version: z.string().optional(),
    reference: z.string(),
    artifactAccount: z.string().optional(),
    provenance: z.string().optional(),
    location: z.string().optional(),
    metadata: jsonObject,
    uuid: z.string(),
  })
  .meta({ id: 'Artifact' });

/** An artifact as sent: Spinnaker's decoration or one of Flow's two shapes; what it lacks is said with its path. */
export const artifactInput = jsonObject
  .describe(
    'Spinnaker: {type, reference, name?, version?, …}. Flow: {artifact, type: dockerImage, dockerUrl, dockerTag} or {artifact, type: flowPublic, downloadUrl, md5}',
  )
  .meta({ id: 'ArtifactInput' });

export const severities = z
  .record(
    z.string(),
    z.union([z.int().min(0), z.object({ total: z.int().min(0), fixable: z.int().min(0).optional() })]),
  )
  .describe('{critical: 1} or {critical: {total: 2, fixable: 1}}');

export const fact = z
  .looseObject({
    kind: z.enum(['pushed', 'scanned', 'tested', 'built', 'rejected', 'tagMoved', 'deleted']),
    at: timestamp,
    recordedAt: timestamp,
    receiver: z.string(),
    trusted: z.boolean().describe('Whether it may satisfy a gate.'),
    postedBy: z.string().optional(),
  })
  .meta({ id: 'Fact' });
