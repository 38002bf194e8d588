import type { Build } from '../../domain/build.ts';
import type { ArtifactStore } from '../../ports/artifact-store.ts';
import { buildItem, buildKind, buildSort, buildsByTime, lastSuccessfulItem, rebuiltKind } from './artifact-items.ts';
import type { IndexKeys } from './item.ts';
import { mergedPage } from './merged-pages.ts';
import { keyAttributes } from './operations.ts';
import type { Table } from './table.ts';

export function createBuildStore(table: Table) {
  return {
    async recordBuild(build) {
      const item = buildItem(build.pipeline, build.build);
      const made = await table.create(buildKind, item, { value: build, indexes: buildIndexes(build) });
      const isNew = made.kind === 'created' || (await supersedesFailure(table, made.value, build));
      // Also when it was known: an earlier try may have died before the pointer moved.
      await moveLastSuccessful(table, isNew ? build : made.value);
      return isNew ? 'recorded' : 'known';
    },
    async settleBuild(seen, settled) {
      const item = buildItem(seen.pipeline, seen.build);
      if (await table.swap(buildKind, item, { seen, next: settled, indexes: buildIndexes(settled) })) return settled;
      return (await table.find(buildKind, item)) ?? settled;
    },
    build: (pipeline, build) => table.find(buildKind, buildItem(pipeline, build)),
    async lastSuccessfulBuild(pipeline) {
      const pointer = await table.operations.get(lastSuccessfulItem(pipeline));
      const build = pointer?.build?.S;
      return build === undefined ? undefined : table.find(buildKind, buildItem(pipeline, build));
    },
    builds: (pipeline, page) =>
      mergedPage(table, buildKind, {
        page,
        list: { index: 'gsi1', partitions: [buildsByTime(pipeline)], order: 'descending' },
      }),
  } satisfies Partial<ArtifactStore>;
}

/** Many systems run what failed again under the same number: its success takes the failure's place, never the other way. */
async function supersedesFailure(table: Table, known: Build, build: Build): Promise<boolean> {
  if (known.outcome !== 'failed' || build.outcome !== 'succeeded') return false;
  // Builds are written twice at most, so the revision is counted here and is no part of them.
  const value = { ...build, rev: 1 };
  const item = buildItem(build.pipeline, build.build);
  return (await table.save(rebuiltKind, item, { value, indexes: buildIndexes(build) })) !== undefined;
}

function buildIndexes(build: Build): IndexKeys {
  return { gsi1: [buildsByTime(build.pipeline), buildSort(build)] };
}

/** The pointer only moves to a later place, so that builds which come out of order or twice leave the newest. */
async function moveLastSuccessful(table: Table, build: Build): Promise<void> {
  if (build.outcome !== 'succeeded') return;
  await table.operations.update({
    Key: keyAttributes(lastSuccessfulItem(build.pipeline)),
    UpdateExpression: 'SET build = :build, place = :place',
    ConditionExpression: 'attribute_not_exists(place) OR place < :place',
    ExpressionAttributeValues: { ':build': { S: build.build }, ':place': { S: buildSort(build) } },
  });
}
