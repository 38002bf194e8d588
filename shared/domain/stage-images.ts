import type { ApprovalArtifact } from './approval.ts';
import type { Artifact } from './artifact.ts';
import { artifactDigest, artifactRepository } from './artifact-identity.ts';
import { resolveJson } from './evaluate.ts';
import type { BoundArtifact, PublishedArtifact } from './execution.ts';
import type { JsonObject } from './json.ts';
import { type PlacedStep, stepsOf } from './ledger.ts';
import type { PlanStage } from './plan.ts';
import { parseReference } from './reference.ts';
import { stepKinds } from './step-kinds.ts';
import { type ScopeInput, stepScope } from './step-scope.ts';

/** An image with its digest, as gates and approvals are asked about it. */
export type StageImage = ApprovalArtifact;

/**
 * What a stage would deploy, before it runs: the images that its deploy steps refer to, as far as they can be known. An image
 * that comes out of a step of the same stage is followed through (a deploy step publishes what it deployed); what only a
 * callback or a child will name stays unknown, and deploying it then fails with `notApproved` (ruling 4).
 * A stage without steps is asked about what is bound.
 */
export function stageImages(stage: PlanStage, scope: Omit<ScopeInput, 'stage'>): readonly StageImage[] {
  const steps = stepsOf(stage);
  if (steps.length === 0) return distinct(scope.bound.flatMap((one) => imageOf(one.artifact, one.tag)));
  const predicted = new Map<string, readonly PublishedArtifact[]>();
  const images = new Map<string, readonly StageImage[]>();
  const published = (node: string) => predicted.get(node) ?? scope.published(node);
  for (let known = -1; known !== images.size; ) {
    known = images.size;
    for (const step of steps) {
      if (images.has(step.node)) continue;
      const found = imagesOfStep(step, { ...scope, published, stage: stage.id });
      if (found === undefined) continue;
      images.set(step.node, found.images);
      predicted.set(step.node, found.published);
    }
  }
  return distinct([...images.values()].flat());
}

function imagesOfStep(
  placed: PlacedStep,
  scope: ScopeInput,
): { readonly images: readonly StageImage[]; readonly published: readonly PublishedArtifact[] } | undefined {
  if (stepKinds[placed.step.kind]?.deploys !== true) return undefined;
  const resolved = resolveJson(placed.step.with, stepScope(scope));
  if (resolved.kind !== 'ok') return undefined;
  const artifacts = resolved.artifacts.filter((one) => artifactDigest(one) !== undefined);
  const tags = new Map(scope.bound.map((one) => [one.artifact.uuid, one.tag]));
  const images = distinct([
    ...artifacts.flatMap((one) => imageOf(one, tags.get(one.uuid))),
    ...literalImages(placed, resolved.value as JsonObject),
  ]);
  const only = artifacts.length === 1 ? artifacts[0] : undefined;
  const published = only === undefined ? [] : [{ name: placed.step.publishes, artifact: only }];
  return { images, published };
}

/** Full references written out in the file, in the inputs that the kind takes images in. */
export function literalImages(placed: Pick<PlacedStep, 'step'>, resolved: JsonObject): readonly StageImage[] {
  return (stepKinds[placed.step.kind]?.imageInputs ?? []).flatMap((input) => {
    const text = resolved[input];
    const reference = typeof text === 'string' ? parseReference(text) : undefined;
    return reference?.digest === undefined ? [] : [{ name: reference.repository, digest: reference.digest }];
  });
}

export function imageOf(artifact: Artifact, tag?: string): readonly StageImage[] {
  const digest = artifactDigest(artifact);
  const name = artifactRepository(artifact);
  return digest === undefined || name === undefined ? [] : [{ name, digest, ...(tag === undefined ? {} : { tag }) }];
}

function distinct(images: readonly StageImage[]): readonly StageImage[] {
  const byKey = new Map<string, StageImage>();
  for (const image of images) {
    const key = `${image.name}@${image.digest}`;
    if (byKey.get(key)?.tag === undefined) byKey.set(key, image);
  }
  return [...byKey.values()];
}

export function boundTag(bound: readonly BoundArtifact[]): string | undefined {
  return bound.find((one) => one.tag !== undefined)?.tag;
}
