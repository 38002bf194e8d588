import { z } from 'zod';
import { digestText, jsonObject, pageQuery, queryText, timestamp } from './common.ts';

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

/** An artifact with everything that is known of it. */
export const knownArtifact = z
  .object({
    ...artifact.shape,
    repository: z.string().optional(),
    digest: digestText.optional(),
    branch: z.string().optional(),
    revision: z.string().optional(),
    firstSeenAt: timestamp,
    manifest: z
      .object({
        mediaType: z.string(),
        size: z.int(),
        created: timestamp.optional(),
        children: z.array(
          z.object({ digest: digestText, os: z.string(), architecture: z.string(), variant: z.string().optional() }),
        ),
      })
      .optional(),
    facts: z.array(fact),
  })
  .meta({ id: 'KnownArtifact' });

export const artifactQuery = z.object({
  ...pageQuery,
  name: queryText.optional(),
  type: queryText.optional(),
  tag: queryText.optional(),
  digest: queryText.optional(),
  revision: queryText.optional(),
});

/** Body of `POST /v1/artifacts/{uuid}/facts`. */
export const factInput = jsonObject
  .describe(
    '{kind: tested, name, outcome: passed or failed, coverage?, report?: {format: junit, istanbul, lcov or cobertura, content or artifact}}, {kind: scanned, severities, scanner?} or {kind: rejected, reason}',
  )
  .meta({ id: 'FactInput' });

export const sourceVersion = z
  .object({
    tag: z.string().optional(),
    version: z.string().optional().describe('Of a file or package, the same as `tag`'),
    build: z.string().optional(),
    digest: z.string().optional(),
    pushedAt: timestamp,
    default: z.boolean().describe('What a manual run takes without `select`'),
    facts: z.array(fact),
    deployedIn: z.array(z.string()),
  })
  .meta({ id: 'SourceVersion' });
