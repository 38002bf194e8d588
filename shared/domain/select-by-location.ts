import type { Artifact } from './artifact.ts';
import { artifactKind } from './artifact-kinds.ts';
import type { JsonObject } from './json.ts';

export interface ByLocation {
  /** What is left to choose from, in the order given. */
  readonly artifacts: readonly Artifact[];
  /** What exists elsewhere only: the target must not take another Region's. */
  readonly elsewhere: readonly {
    readonly type: string;
    readonly name: string;
    readonly locations: readonly string[];
  }[];
}

/**
 * Of artifacts that differ only in `location`, a target takes the one of its own Region (or project, or repository). One that is
 * everywhere, having no location, serves where none is nearer. What has no twin is not touched. Without a location nothing is
 * chosen.
 */
export function selectByLocation(artifacts: readonly Artifact[], location: string | undefined): ByLocation {
  if (location === undefined || location === '') return { artifacts, elsewhere: [] };
  const groups = [...Map.groupBy(artifacts, twinKey).values()];
  const chosen = new Set(groups.flatMap((group) => nearest(group, location)));
  const lost = groups.filter((group) => !group.some((one) => chosen.has(one)));
  return {
    artifacts: artifacts.filter((one) => chosen.has(one)),
    elsewhere: lost.map((group) => ({
      type: group[0]?.type ?? '',
      name: group[0]?.name ?? '',
      locations: [...new Set(group.map((one) => one.location ?? ''))],
    })),
  };
}

function nearest(group: readonly Artifact[], location: string): readonly Artifact[] {
  if (new Set(group.map((one) => one.location || '')).size < 2) return group;
  const here = group.filter((one) => one.location === location);
  return here.length > 0 ? here : group.filter((one) => !one.location);
}

/** Whether they are one thing in as many places. */
export function areTwins(artifacts: readonly Artifact[]): boolean {
  const places = new Set(artifacts.map((one) => one.location || ''));
  return places.size === artifacts.length && new Set(artifacts.map(twinKey)).size === 1;
}

/**
 * Of what was bound the one that is where a step deploys to; undefined where it is in several places and none of them is that one.
 * What was fetched of it was fetched once, so of a file only the place changes.
 */
export function nearestOf(
  { artifact, elsewhere = [] }: { readonly artifact: Artifact; readonly elsewhere?: readonly Artifact[] },
  location: string | undefined,
): Artifact | undefined {
  const [first, ...others] = selectByLocation([artifact, ...elsewhere], location).artifacts;
  if (first === undefined || others.length > 0) return undefined;
  return artifactKind(first.type).relation === 'regional' ? first : { ...artifact, location: first.location };
}

/** Equal for artifacts that may be one another's twin. An image of a Region has an id of its own there, so that is no difference. */
function twinKey({ type, name, version = '', reference }: Artifact): string {
  if (artifactKind(type).relation !== 'regional') return JSON.stringify([type, name, version, reference]);
  return JSON.stringify([type, name, version === reference ? '' : version]);
}

/**
 * The Region that a step's inputs name: the input `region`, else that of the ARN of its target (`arn:partition:service:region:account:…`), if they name
 * exactly one. Undefined: nothing says where it deploys to.
 */
export function targetLocation(inputs: JsonObject): string | undefined {
  if (typeof inputs.region === 'string') return inputs.region;
  const regions = Object.values(inputs).flatMap((value) => {
    const region = typeof value === 'string' ? /^arn:[a-z-]+:[a-z0-9-]+:([a-z0-9-]+):/.exec(value)?.[1] : undefined;
    return region === undefined ? [] : [region];
  });
  return new Set(regions).size === 1 ? regions[0] : undefined;
}
