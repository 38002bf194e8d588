import { type Artifact, imageType } from './artifact.ts';
import { artifactDigest, artifactRepository } from './artifact-identity.ts';
import type { PushEvent } from './delivery.ts';
import { isTag } from './reference.ts';

/** More tags than this on one artifact are left out: each is an event of its own. */
const maxTags = 100;

/** The tags that a decorated image names: in its reference, as its version, in `metadata.tags`; each once. */
export function imageTags(artifact: Pick<Artifact, 'type' | 'metadata'>): readonly string[] {
  const { tags } = artifact.metadata;
  if (artifact.type !== imageType || !Array.isArray(tags)) return [];
  const texts = tags.filter((tag): tag is string => typeof tag === 'string' && isTag(tag));
  return [...new Set(texts)].slice(0, maxTags);
}

/** What a decorated artifact says as events: one per tag; a file or an image without tags is one. */
export function pushEvents(
  artifact: Artifact,
  more: Pick<PushEvent, 'at' | 'actor' | 'resolvedAt'>,
): readonly PushEvent[] {
  const event: PushEvent = {
    kind: 'push',
    repository: artifactRepository(artifact) ?? artifact.name,
    digest: artifactDigest(artifact),
    artifact,
    ...more,
  };
  const tags = imageTags(artifact);
  return tags.length === 0 ? [event] : tags.map((tag) => ({ ...event, tag }));
}
