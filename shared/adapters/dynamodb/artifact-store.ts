import type { ArtifactStore } from '../../ports/artifact-store.ts';
import {
  artifactIndexes,
  artifactItem,
  artifactKind,
  artifactPartition,
  artifactsByName,
  artifactsByRevision,
  artifactsByVersion,
  factItem,
  factKind,
  latestItem,
  latestKind,
} from './artifact-items.ts';
import { createBuildStore } from './build-store.ts';
import { mergedPage } from './merged-pages.ts';
import type { Table } from './table.ts';
import { createTagStore } from './tag-store.ts';

export function createArtifactStore(table: Table): ArtifactStore {
  return { ...artifactCalls(table), ...factCalls(table), ...createTagStore(table), ...createBuildStore(table) };
}

function artifactCalls(table: Table) {
  const newestFirst = (index: 'gsi1' | 'gsi2' | 'gsi3', partition: string) =>
    ({ index, partitions: [partition], order: 'descending' }) as const;
  return {
    async record(artifact) {
      const value = { ...artifact, rev: 1 };
      const item = { value, indexes: artifactIndexes(value) };
      const made = await table.create(artifactKind, artifactItem(artifact.artifact.uuid), item);
      return made.kind === 'created' ? { kind: 'recorded', recorded: value } : { kind: 'known', recorded: made.value };
    },
    save: (artifact) =>
      table.save(artifactKind, artifactItem(artifact.artifact.uuid), {
        value: artifact,
        indexes: artifactIndexes(artifact),
      }),
    find: (uuid) => table.find(artifactKind, artifactItem(uuid)),
    byName: (name, page) => mergedPage(table, artifactKind, { page, list: newestFirst('gsi1', artifactsByName(name)) }),
    byVersion: (version, page) =>
      mergedPage(table, artifactKind, { page, list: newestFirst('gsi2', artifactsByVersion(version)) }),
    byRevision: (revision, page) =>
      mergedPage(table, artifactKind, {
        page,
        list: newestFirst('gsi3', artifactsByRevision(revision)),
        keep: (artifact) => artifact.revision === revision,
      }),
  } satisfies Partial<ArtifactStore>;
}

function factCalls(table: Table) {
  return {
    async addFact(uuid, fact) {
      const made = await table.create(factKind, factItem(uuid, fact.id), { value: fact });
      return made.kind === 'created' ? 'added' : 'known';
    },
    async facts(uuid) {
      const [[artifact], facts] = await table.listBoth([artifactKind, factKind], artifactPartition(uuid));
      const first = artifact?.firstFact;
      const isApart = first !== undefined && !facts.some(({ id }) => id === first.id);
      return [...facts, ...(isApart ? [first] : [])].sort((a, b) => b.at - a.at || b.recordedAt - a.recordedAt);
    },
    sourceLatest: (pipeline, source) => table.find(latestKind, latestItem(pipeline, source)),
    saveSourceLatest: (latest) => table.save(latestKind, latestItem(latest.pipeline, latest.source), { value: latest }),
  } satisfies Partial<ArtifactStore>;
}
