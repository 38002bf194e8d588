import type { Artifact } from './artifact.ts';
import { artifactRepository } from './artifact-identity.ts';
import { imageTags } from './image-push.ts';
import { compileJavaPattern } from './java-pattern.ts';
import type { JsonObject } from './json.ts';
import { matchArtifact } from './match-artifact.ts';
import { constraintHolds } from './payload-constraint.ts';
import type { Expectation, Source, TriggerRule } from './pipeline.ts';
import { repositoryMatches } from './repository-pattern.ts';
import type { SourceMatch } from './source-match.ts';
import { admitTag, admitVersion } from './tag-filter.ts';
import type { DockerTrigger, TriggerDefinition, WebhookTrigger } from './trigger.ts';

/** Whether a trigger takes a webhook of its type and source. What it expects is asked of the artifacts (`matchExpected`). */
export function matchWebhook({ trigger }: TriggerRule, payload: JsonObject): SourceMatch {
  if (trigger.kind !== 'webhook')
    return refused('kindNotListened', 'This is a webhook; the trigger listens to pushes.');
  return disabled(trigger) ?? unmet(trigger, payload) ?? fires();
}

/**
 * Whether a trigger takes the push of a tag in its repository: Spinnaker's rule, which is every tag but `latest` where no
 * pattern is written, else the pattern over the whole tag. What it expects is asked of the image (`matchExpected`).
 */
export function matchDockerTag({ trigger }: TriggerRule, tag: string | undefined): SourceMatch {
  if (trigger.kind !== 'docker') return refused('kindNotListened', 'This is a push; the trigger listens to webhooks.');
  return disabled(trigger) ?? otherTag(trigger, tag) ?? fires();
}

function disabled({ enabled }: TriggerDefinition): SourceMatch | undefined {
  return enabled ? undefined : refused('triggerDisabled', 'The trigger is not enabled.');
}

function unmet({ payloadConstraints }: WebhookTrigger, payload: JsonObject): SourceMatch | undefined {
  const found = Object.entries(payloadConstraints).find(([key, pattern]) => !constraintHolds(payload, key, pattern));
  if (found === undefined) return undefined;
  const [key, pattern] = found;
  const wanted = pattern === null ? 'be there' : `hold ${quoted(pattern)}`;
  return refused('constraintNotMet', `The payload does not meet a constraint: ${quoted(key)} must ${wanted}.`);
}

function otherTag({ tag: pattern }: DockerTrigger, tag: string | undefined): SourceMatch | undefined {
  if (tag === undefined || tag === '') return refused('noTag', 'The push names no tag; a trigger takes tags only.');
  if (pattern === undefined) {
    if (tag !== 'latest') return undefined;
    return refused('tagExcluded', 'Tag "latest" is taken only where the trigger names a tag.');
  }
  const regex = compileJavaPattern(pattern);
  if (regex.kind === 'ok' && regex.matches(tag)) return undefined;
  return refused('tagNotIncluded', `Tag ${quoted(tag)} is not ${quoted(pattern)}.`);
}

/**
 * Whether what came is what the trigger expects, as far as it expects something: Spinnaker's `anyArtifactsMatchExpected`. Of
 * the expectations named one is enough here, and defaults and priors do not help; the start then demands them all.
 */
export function matchExpected({ trigger, expected }: TriggerRule, artifacts: readonly Artifact[]): SourceMatch {
  const ids = trigger.expectedArtifactIds;
  const isMet = expected.some((one) => artifacts.some((artifact) => isExpected(one, artifact)));
  if (ids.length === 0 || isMet) return fires();
  const named = ids.slice(0, 10).map(quoted).join(', ');
  const brought =
    artifacts.length === 0 ? 'the event brings no artifact' : 'no artifact of the event matches one of them';
  return refused('constraintNotMet', `The trigger expects ${named}, and ${brought}.`);
}

function isExpected(expectation: Expectation, artifact: Artifact): boolean {
  return expectation.kind === 'source'
    ? sourceTakes(expectation.source, artifact)
    : matchArtifact(expectation.pattern, artifact).kind === 'matches';
}

/** Whether an artifact that came with an event is one of a source's. A digest without a tag speaks for itself. */
export function sourceTakes(source: Source, artifact: Artifact): boolean {
  switch (source.type) {
    case 'registry': {
      const repository = artifactRepository(artifact);
      if (repository === undefined || !repositoryMatches(source.repository, repository)) return false;
      const tags = imageTags(artifact);
      return tags.length === 0 || tags.some((tag) => admitTag(source.tags, tag).admitted);
    }
    case 'artifact':
      return isNamed(source, artifact) && admitVersion(source.versions, artifact.version).admitted;
    case 'pipeline':
      return false;
  }
}

function isNamed(source: Extract<Source, { type: 'artifact' }>, { type, name }: Artifact): boolean {
  return type === source.artifactType && name === source.name;
}

function quoted(text: string): string {
  return text.length > 256 ? `"${text.slice(0, 256)}…"` : `"${text}"`;
}

function fires(): SourceMatch {
  return { matched: true, reason: 'matched', message: 'The trigger fires.' };
}

function refused(reason: SourceMatch['reason'], message: string): SourceMatch {
  return { matched: false, reason, message };
}
