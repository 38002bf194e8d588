import { type Artifact, imageType } from './artifact.ts';
import { artifactRepository } from './artifact-identity.ts';
import type { DeliveredEvent, Delivery } from './delivery.ts';
import { isRepositoryPattern, repositoryMatches } from './repository-pattern.ts';

/** The embedded registry's host in records, whatever port it listens on. */
export const embeddedHost = 'registry.local';

/** Before the names of files and packages that are no URL, such as `artifact:com.example:*`. */
const artifactPrefix = 'artifact:';

/** What a receiver may be bound to: `host/path`, a URL such as `s3://bucket/**`, or `artifact:` and the name of a file or package. */
export function isBound(text: string): boolean {
  if (isRepositoryPattern(text)) return true;
  return text.length <= 512 && (/^[a-z][a-z0-9+.-]*:\/\/\S+$/i.test(text) || /^artifact:\S+$/.test(text));
}

/** Of what an event speaks, by the repositories in it. */
export function eventRepositories(event: DeliveredEvent): readonly string[] {
  switch (event.kind) {
    case 'build':
      return repositoriesOf([
        ...event.artifacts.map(({ artifact }) => artifact),
        ...(event.reports ?? []).flatMap(({ images = [] }) => images),
      ]);
    case 'webhook':
      return repositoriesOf(event.artifacts);
    default:
      return [event.repository];
  }
}

function repositoriesOf(artifacts: readonly Artifact[]): readonly string[] {
  return artifacts.flatMap((artifact) => artifactRepository(artifact) ?? []);
}

/**
 * Whether a receiver may speak of a repository. The embedded registry tells of its own pushes, so a hook may name it only
 * where a pattern says so literally (ruling 19): `**` is not meant.
 */
export function maySpeakOf(patterns: readonly string[], repository: string): boolean {
  const isEmbedded = repository.startsWith(`${embeddedHost}/`);
  const meant = isEmbedded ? patterns.filter((pattern) => pattern.startsWith(`${embeddedHost}/`)) : patterns;
  return meant.some((pattern) => repositoryMatches(pattern, repository));
}

/** The events that a receiver may not speak of, each with why: they leave no fact. */
export function refuseEvents(patterns: readonly string[], events: readonly DeliveredEvent[]): Delivery['refusals'] {
  return events.flatMap((event, index) => {
    const meant = patternsFor(patterns, event);
    const outside = eventRepositories(event).find((repository) => !maySpeakOf(meant, repository));
    if (outside === undefined) return [];
    const message = `${outside} is outside of what this receiver may speak of (${patterns.slice(0, 10).join(', ')}).`;
    return [{ event: index, reason: 'notAllowed', message } as const];
  });
}

/** Files are named by what they are called, images by where they are: a pattern for the ones gives no right to the others. */
function patternsFor(patterns: readonly string[], event: DeliveredEvent): readonly string[] {
  const isFile = event.kind === 'push' && event.artifact !== undefined && event.artifact.type !== imageType;
  if (!isFile) return patterns.filter((pattern) => !pattern.startsWith(artifactPrefix));
  return patterns.map((pattern) =>
    pattern.startsWith(artifactPrefix) ? pattern.slice(artifactPrefix.length) : pattern,
  );
}
