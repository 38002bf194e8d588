import { z } from 'zod';
import type { Resolution } from '../domain/resolve-artifacts.ts';
import type { LooseArtifact, LooseExpectation } from '../domain/spinnaker-artifact.ts';
import { jsonObject } from './common.ts';

const artifacts = z.array(jsonObject).max(1000);

/** Body of `POST /v1/artifacts/resolve`. */
export const resolveInput = z
  .strictObject({
    expectedArtifacts: z.array(jsonObject).max(200).describe('In Spinnaker’s form'),
    receivedArtifacts: artifacts.describe('In order; Spinnaker’s decoration, or Flow’s shapes'),
    priorArtifacts: artifacts.default([]).describe('Of the run before'),
    requireUniqueMatches: z.boolean().default(true).describe('As a start does; false takes the first, as a stage does'),
  })
  .meta({ id: 'ResolveInput' });

/** Spinnaker's decoration, in which every text may be absent. */
const looseArtifact = z
  .object({
    type: z.string().optional(),
    name: z.string().optional(),
    version: z.string().optional(),
    reference: z.string().optional(),
    artifactAccount: z.string().optional(),
    provenance: z.string().optional(),
    location: z.string().optional(),
    metadata: jsonObject,
    uuid: z.string(),
  })
  .meta({ id: 'LooseArtifact' });

export const resolveAnswer = z
  .object({
    resolvedExpectedArtifacts: z.array(
      z.object({
        id: z.string(),
        displayName: z.string().optional(),
        matchArtifact: jsonObject,
        usePriorArtifact: z.boolean(),
        useDefaultArtifact: z.boolean(),
        defaultArtifact: looseArtifact.optional(),
        boundArtifact: looseArtifact,
        from: z.enum(['received', 'prior', 'default']),
      }),
    ),
    resolvedArtifacts: z.array(looseArtifact).describe('Each once, in the order of resolution'),
  })
  .meta({ id: 'ResolveAnswer' });

export function presentResolution(answer: {
  readonly resolved: readonly Resolution<LooseArtifact, LooseExpectation>[];
  readonly artifacts: readonly LooseArtifact[];
}) {
  return {
    resolvedExpectedArtifacts: answer.resolved.map(({ expectation, artifact, from }) => ({
      ...expectation,
      matchArtifact: { ...expectation.matchArtifact },
      boundArtifact: artifact,
      from,
    })),
    resolvedArtifacts: answer.artifacts,
  };
}
