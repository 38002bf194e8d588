import type { Artifact } from './artifact.ts';
import { artifactRepository } from './artifact-identity.ts';
import type { DeliveredEvent, Delivery } from './delivery.ts';
import { repositoryMatches } from './pattern.ts';

/** The embedded registry's host in records, whatever port it listens on. */
export const embeddedHost = 'registry.local';

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
    const outside = eventRepositories(event).find((repository) => !maySpeakOf(patterns, repository));
    if (outside === undefined) return [];
    const message = `${outside} is outside of what this receiver may speak of (${patterns.slice(0, 10).join(', ')}).`;
    return [{ event: index, reason: 'notAllowed', message } as const];
  });
}
