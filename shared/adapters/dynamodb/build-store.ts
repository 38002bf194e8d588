import type { Build } from '../../domain/build.ts';
import type { Page, PageRequest } from '../../domain/page.ts';
import type { ArtifactStore } from '../../ports/artifact-store.ts';
import {
  buildAtPlace,
  buildItem,
  buildKind,
  buildPlaceItem,
  buildPlaceKind,
  buildPlaces,
  rebuiltKind,
} from './artifact-items.ts';
import { mergedPage } from './merged-pages.ts';
import type { Table } from './table.ts';

export function createBuildStore(table: Table) {
  return {
    async recordBuild(build) {
      const made = await table.create(buildKind, buildItem(build.pipeline, build.build), { value: build });
      const isNew = made.kind === 'created' || (await supersedesFailure(table, made.value, build));
      // Also when it was known: an earlier try may have died before it had its place.
      await takePlace(table, isNew ? build : made.value);
      return isNew ? 'recorded' : 'known';
    },
    async settleBuild(seen, settled) {
      const item = buildItem(seen.pipeline, seen.build);
      if (await table.swap(buildKind, item, { seen, next: settled })) return settled;
      return (await table.find(buildKind, item)) ?? settled;
    },
    build: (pipeline, build) => table.find(buildKind, buildItem(pipeline, build)),
    async lastSuccessfulBuild(pipeline) {
      return (await buildsOf(table, pipeline, { outcomes: ['succeeded'], page: { limit: 1 } })).items[0];
    },
    builds: (pipeline, page) => buildsOf(table, pipeline, { outcomes: ['succeeded', 'failed'], page }),
  } satisfies Partial<ArtifactStore>;
}

/** Newest first. */
function buildsOf(
  table: Table,
  pipeline: string,
  asked: { readonly outcomes: readonly Build['outcome'][]; readonly page: PageRequest },
): Promise<Page<Build>> {
  const partitions = asked.outcomes.map((outcome) => buildPlaces(pipeline, outcome));
  return mergedPage(table, buildKind, {
    page: asked.page,
    list: { partitions, order: 'descending' },
    keyOf: (entry) => buildAtPlace(pipeline, entry),
  });
}

/** Many systems run what failed again under the same number: its success takes the failure's place, never the other way. */
async function supersedesFailure(table: Table, known: Build, build: Build): Promise<boolean> {
  if (known.outcome !== 'failed' || build.outcome !== 'succeeded') return false;
  // Before and after: whoever dies in between is repeated as long as the failure stands.
  await table.remove(buildPlaceItem(known));
  // Builds are written twice at most, so the revision is counted here and is no part of them.
  const value = { ...build, rev: 1 };
  const saved = await table.save(rebuiltKind, buildItem(build.pipeline, build.build), { value });
  await table.remove(buildPlaceItem(known));
  return saved !== undefined;
}

/** A failure that gave way to a success meanwhile has no place beside it. */
async function takePlace(table: Table, build: Build): Promise<void> {
  const place = buildPlaceItem(build);
  await table.put(buildPlaceKind, place, { value: { build: build.build } });
  if (build.outcome === 'succeeded') return;
  const present = await table.find(buildKind, buildItem(build.pipeline, build.build));
  if (present?.outcome === 'succeeded') await table.remove(place);
}
