import * as z from 'zod/mini';
import type { ArtifactContent, StoredContent } from '../../domain/content.ts';
import type { ContentStore } from '../../ports/content-store.ts';
import { artifactPartition } from './artifact-items.ts';
import { itemKind } from './item.ts';
import { key } from './key.ts';
import { mergedPage } from './merged-pages.ts';
import { keyAttributes } from './operations.ts';
import type { Table } from './table.ts';

const text = z.string().check(z.minLength(1));
const hex = z.string().check(z.length(64));

const contentKind = itemKind<StoredContent>('content', {
  application: text,
  hash: hex,
  sha256: hex,
  size: z.number(),
  blob: text,
  usedAt: z.number(),
  rev: z.int().check(z.positive()),
});
const pinKind = itemKind<ArtifactContent>('artifactContent', { application: text, uuid: text, hash: hex, sha256: hex });

const contentPartition = (application: string) => key('CONTENT', application);
const contentItem = (application: string, hash: string) => ({ pk: contentPartition(application), sk: key(hash) });
/** Beside the artifact and its facts. */
const pinItem = (uuid: string, application: string) => ({
  pk: artifactPartition(uuid),
  sk: key('CONTENT', application),
});

export function createContentStore(table: Table): ContentStore {
  return {
    find: (application, hash) => table.find(contentKind, contentItem(application, hash)),
    save: (content) => table.save(contentKind, contentItem(content.application, content.hash), { value: content }),
    async remove({ application, hash, rev }) {
      const outcome = await table.operations.remove({
        Key: keyAttributes(contentItem(application, hash)),
        ConditionExpression: 'rev = :rev',
        ExpressionAttributeValues: { ':rev': { N: String(rev) } },
      });
      return outcome.written;
    },
    list: (application, page) =>
      mergedPage(table, contentKind, {
        page,
        list: { partitions: [contentPartition(application)], order: 'ascending' },
      }),
    async pin(content) {
      const made = await table.create(pinKind, pinItem(content.uuid, content.application), { value: content });
      return made.kind === 'created' ? { kind: 'pinned', content } : { kind: 'known', content: made.value };
    },
    pins: (uuid) => table.list(pinKind, artifactPartition(uuid), 'CONTENT#'),
  };
}
