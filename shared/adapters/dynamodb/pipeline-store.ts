import * as z from 'zod/mini';
import type {
  AnySubscription,
  PipelineDefinition,
  PipelineHead,
  PipelineVersion,
  StageDefinition,
} from '../../domain/pipeline.ts';
import type { PipelineStore } from '../../ports/pipeline-store.ts';
import { itemKind } from './item.ts';
import { key, timeKey } from './key.ts';
import { mergedEntries } from './merged-pages.ts';
import type { Table } from './table.ts';

const text = z.string().check(z.minLength(1));
const headKind = itemKind<PipelineHead>('pipelineHead', {
  name: text,
  version: text,
  owners: z.array(text),
  deleted: z.boolean(),
  rev: z.int().check(z.positive()),
});
const versionKind = itemKind<PipelineVersion>('pipelineVersion', {
  name: text,
  version: text,
  definition: z.looseObject({ name: text, stages: z.array(z.looseObject({ id: text })) }),
});
const summaryKind = itemKind<VersionSummary>('pipelineVersionSummary', { version: text, createdAt: z.number() });
const subscriptionKind = itemKind<AnySubscription>('subscription', {
  key: text,
  pipeline: text,
  version: text,
  source: text,
  rule: z.looseObject({ type: text }),
});

type VersionSummary = Awaited<ReturnType<PipelineStore['versions']>>[number];

export const livePipelines = 'PIPELINES';
export const deletedPipelines = 'DELETEDPIPELINES';
const partition = (name: string) => key('PIPELINE', name);
const headItem = (name: string) => ({ pk: partition(name), sk: 'HEAD' });
const versionItem = (name: string, version: string) => ({ pk: partition(name), sk: key('VERSION', version) });

export function createPipelineStore(table: Table): PipelineStore {
  return {
    head: (name) => table.find(headKind, headItem(name)),
    saveHead: (head) => table.save(headKind, headItem(head.name), { value: head, indexes: headIndexes(head) }),
    heads: () => listHeads(table),
    putVersion: (version) => putVersion(table, version),
    async version(name, version) {
      const stored = await table.find(versionKind, versionItem(name, version));
      return stored && { ...stored, definition: completed(stored.definition) };
    },
    async versions(name) {
      return [...(await table.list(summaryKind, partition(name), 'SUMMARY#'))].reverse();
    },
    async subscriptions(keys) {
      const found = keys.map((subscriptionKey) => table.list(subscriptionKind, key('SUB', subscriptionKey)));
      return (await Promise.all(found)).flat();
    },
    async putSubscriptions(subscriptions) {
      const puts = subscriptions.map((value) => table.put(subscriptionKind, subscriptionItem(value), { value }));
      await Promise.all(puts);
    },
    removeSubscriptions: (pipeline, keys, keep) => removeSubscriptions(table, { pipeline, keys, keep }),
  };
}

/** Versions are kept for ever: those that were stored before a block of the file was read have none of it. */
function completed(definition: PipelineDefinition): PipelineDefinition {
  const stages = definition.stages.map((stage) => ({ ...noneOfStage, ...stage }));
  return { ...noneOfFile, ...definition, stages };
}

const noneOfStage: Pick<StageDefinition, 'expectedArtifacts' | 'inputArtifacts'> = {
  expectedArtifacts: [],
  inputArtifacts: [],
};
const noneOfFile: Pick<PipelineDefinition, 'expectedArtifacts' | 'triggers'> = { expectedArtifacts: [], triggers: [] };

/** A deleted pipeline leaves the list; its head stays, since its name's numbers go on counting, and its runs are swept in time. */
function headIndexes(head: PipelineHead) {
  return { gsi1: [head.deleted ? deletedPipelines : livePipelines, key(head.name)] as const };
}

const headsPerRead = 1_000;

async function listHeads(table: Table): Promise<readonly PipelineHead[]> {
  const list = { index: 'gsi1', partitions: [livePipelines], order: 'ascending' } as const;
  const heads: PipelineHead[] = [];
  for (let after: string | undefined; ; ) {
    const entries = await mergedEntries(table, list, { after, limit: headsPerRead });
    heads.push(
      ...(await table.findAll(
        headKind,
        entries.map((entry) => entry.key),
      )),
    );
    after = entries.at(-1)?.sort;
    if (entries.length < headsPerRead) return heads.filter((head) => !head.deleted);
  }
}

/**
 * The version, then its line in the list, which is put again when the version was known: a crash between the two is
 * made good by the next put of the same content. The line takes its time from the stored version, so it is one line.
 */
async function putVersion(table: Table, version: PipelineVersion): Promise<'created' | 'known'> {
  const made = await table.create(versionKind, versionItem(version.name, version.version), { value: version });
  const stored = made.kind === 'known' ? made.value : version;
  const { createdAt, createdBy } = stored;
  const sk = key('SUMMARY', timeKey(createdAt), version.version);
  const value = { version: version.version, createdAt, createdBy };
  await table.create(summaryKind, { pk: partition(version.name), sk }, { value });
  return made.kind;
}

function subscriptionItem(subscription: AnySubscription) {
  const { pipeline, source, version } = subscription;
  return { pk: key('SUB', subscription.key), sk: key(pipeline, source, version) };
}

async function removeSubscriptions(
  table: Table,
  options: { readonly pipeline: string; readonly keys: readonly string[]; readonly keep: string | undefined },
): Promise<void> {
  const { pipeline, keys, keep } = options;
  const lists = keys.map((subscriptionKey) =>
    table.list(subscriptionKind, key('SUB', subscriptionKey), `${key(pipeline)}#`),
  );
  const old = (await Promise.all(lists)).flat().filter((subscription) => subscription.version !== keep);
  await Promise.all(old.map((subscription) => table.remove(subscriptionItem(subscription))));
}
