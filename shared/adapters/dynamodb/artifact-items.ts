import * as z from 'zod/mini';
import type { RecordedArtifact } from '../../domain/artifact.ts';
import type { Build } from '../../domain/build.ts';
import type { Fact } from '../../domain/fact.ts';
import type { SourceLatest, TagHead, TagHistoryEntry } from '../../ports/artifact-store.ts';
import { type IndexKeys, itemKind } from './item.ts';
import { key, shardOf, shards, timeKey } from './key.ts';

const text = z.string().check(z.minLength(1));
const rev = z.int().check(z.positive());

export const artifactKind = itemKind<RecordedArtifact>('artifact', {
  artifact: z.looseObject({ type: text, name: text, uuid: text }),
  firstSeenAt: z.number(),
  rev,
});
export const factKind = itemKind<Fact>('fact', { id: text, kind: text, at: z.number(), trusted: z.boolean() });
export const tagKind = itemKind<TagHead>('tag', {
  repository: text,
  tag: text,
  digest: text,
  eventAt: z.number(),
  rev,
});
export const tagHistoryKind = itemKind<TagHistoryEntry>('tagHistory', {
  digest: text,
  at: z.number(),
});
export const latestKind = itemKind<SourceLatest>('sourceLatest', { pipeline: text, source: text, tag: text, rev });
const buildFields = {
  pipeline: text,
  build: text,
  outcome: z.enum(['succeeded', 'failed']),
  at: z.number(),
};
export const buildKind = itemKind<Build>('build', buildFields);
/** The same item where it takes another's place. */
export const rebuiltKind = itemKind<Build & { readonly rev: number }>('build', buildFields);

/** An artifact and its facts share a partition. */
export const artifactPartition = (uuid: string) => key('ARTIFACT', uuid);
export const artifactItem = (uuid: string) => ({ pk: artifactPartition(uuid), sk: 'ARTIFACT' });
export const factItem = (uuid: string, fact: string) => ({ pk: artifactPartition(uuid), sk: key('FACT', fact) });

export const artifactsByName = (name: string) => key('ARTIFACTNAME', name);
export const artifactsByVersion = (version: string) => key('ARTIFACTVERSION', version);
export const artifactsByRevision = (revision: string) => key('ARTIFACTREVISION', revision);

export function artifactIndexes(recorded: RecordedArtifact): IndexKeys {
  const { artifact, revision } = recorded;
  const sort = `${timeKey(recorded.firstSeenAt)}#${key(artifact.uuid)}`;
  return {
    gsi1: [artifactsByName(artifact.name), sort],
    ...(artifact.version === undefined ? {} : { gsi2: [artifactsByVersion(artifact.version), sort] as const }),
    ...(revision === undefined ? {} : { gsi3: [artifactsByRevision(revision), sort] as const }),
  };
}

/** A repository's tags are spread: a busy one must not make a hot partition. */
export const tagPartitions = (repository: string): readonly string[] =>
  shards.map((shard) => key('TAGS', repository, shard));
export const tagItem = (repository: string, tag: string) => ({
  pk: key('TAGS', repository, shardOf(tag)),
  sk: key(tag),
});
export const tagHistoryPartition = (repository: string, tag: string) => key('TAGHISTORY', repository, tag);

export const latestItem = (pipeline: string, source: string) => ({ pk: key('LATEST', pipeline), sk: key(source) });

export const buildPartition = (pipeline: string) => key('BUILDS', pipeline);
export const buildItem = (pipeline: string, build: string) => ({
  pk: buildPartition(pipeline),
  sk: key('BUILD', build),
});
/** Where a pipeline's builds stand by their time, those that succeeded by themselves: an item each, cheaper than an index and consistent. */
export const buildPlaces = (pipeline: string, outcome: Build['outcome']) => key('BUILDTIMES', pipeline, outcome);
export const buildPlaceKind = itemKind<{ readonly build: string }>('buildPlace', { build: text });
export const buildPlaceItem = (build: Build) => ({
  pk: buildPlaces(build.pipeline, build.outcome),
  sk: `${timeKey(build.at)}#${key(build.build)}`,
});
/** A place ends as its build's own key does. */
export const buildAtPlace = (pipeline: string, { sort }: { readonly sort: string }) => ({
  pk: buildPartition(pipeline),
  sk: `BUILD#${sort.slice(sort.indexOf('#') + 1)}`,
});
