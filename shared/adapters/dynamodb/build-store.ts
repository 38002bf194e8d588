import type { Build } from '../../domain/build.ts';
import type { ArtifactStore } from '../../ports/artifact-store.ts';
import { buildItem, buildKind, buildSort, buildsByTime, lastSuccessfulItem } from './artifact-items.ts';
import { mergedPage } from './merged-pages.ts';
import { keyAttributes } from './operations.ts';
import type { Table } from './table.ts';

export function createBuildStore(table: Table) {
  return {
    async recordBuild(build) {
      const indexes = { gsi1: [buildsByTime(build.pipeline), buildSort(build)] } as const;
      const made = await table.create(buildKind, buildItem(build.pipeline, build.build), { value: build, indexes });
      // Also when it was known: an earlier try may have died before the pointer moved.
      await moveLastSuccessful(table, made.kind === 'known' ? made.value : build);
      return made.kind === 'created' ? 'recorded' : 'known';
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
