import { type Artifact, imageType } from '../domain/artifact.ts';
import { artifactUuid, imageArtifact } from '../domain/artifact-identity.ts';
import type { Digest } from '../domain/digest.ts';
import type { Subscription, TriggerRule } from '../domain/pipeline.ts';
import { splitRepository } from '../domain/reference.ts';
import type { SourceMatch } from '../domain/source-match.ts';
import { matchDockerTag, matchExpected } from '../domain/trigger-match.ts';
import type { Ports } from '../ports/ports.ts';
import { registryOfTrigger } from './triggers-of-registry.ts';

type TriggerPorts = Pick<Ports, 'accounts' | 'pipelines' | 'sha1'>;

export interface ExplainedImage {
  /** `host/path`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/**
 * What a docker trigger with that path would make of a push of that image now; undefined = its account is of another registry.
 * Whether a delivery was answered before only the delivery knows, so a run that was started is no reason here.
 */
export async function explainTrigger(
  ports: TriggerPorts,
  { rule, pipeline }: Subscription<TriggerRule>,
  image: ExplainedImage,
): Promise<SourceMatch | undefined> {
  const { trigger } = rule;
  if (trigger.kind !== 'docker') return undefined;
  const { host } = splitRepository(image.repository);
  const registry = await registryOfTrigger(ports, { host, trigger, pipeline });
  if (registry.kind === 'other') return undefined;
  if (registry.kind === 'unusable') return { matched: false, reason: 'notAllowed', message: registry.message };
  const taken = matchDockerTag(rule, image.tag);
  return taken.matched ? matchExpected(rule, [explainedArtifact(ports, image)]) : taken;
}

/** Without a digest, as the tag names it: that is all that is known then. */
function explainedArtifact({ sha1 }: Pick<Ports, 'sha1'>, { repository, tag = '', digest }: ExplainedImage): Artifact {
  if (digest !== undefined) return imageArtifact({ repository, digest, tag }, sha1);
  const uuid = artifactUuid(imageType, repository, tag, sha1);
  const reference = `${repository}:${tag}`;
  return { type: imageType, name: repository, version: tag, reference, metadata: { tags: [tag] }, uuid };
}
