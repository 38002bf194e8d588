import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../../domain/digest.ts';
import type { RegistryClient } from '../../../ports/registry-client.ts';
import type { ImageContents } from './image.ts';
import { fetchLayer, unpackedBytes } from './layer-stream.ts';
import type { DirectoryLimits } from './limits.ts';
import { findDifferences } from './observe.ts';
import type { FileRecord } from './release-record.ts';
import { addRelease, findRecord, listReleases, releaseFolder, releaseKey, workFolder } from './releases.ts';
import { checkLinks, emptyTree, listTree } from './tree.ts';
import { unpackTar } from './unpack.ts';

export interface WantedRelease {
  readonly repository: string;
  /** Of the image or index that is wanted. */
  readonly digest: Digest;
  readonly contents: ImageContents;
}

interface Tools {
  readonly registry: RegistryClient;
  readonly limits: DirectoryLimits;
}

/** An intact release of the image: one that is there, checked again byte by byte, else a new one beside it. */
export async function ensureRelease(
  place: string,
  wanted: WantedRelease,
  tools: Tools,
): Promise<{
  readonly name: string /** Releases of the same image that are not what they were. */;
  readonly altered: readonly string[];
}> {
  const { digest, contents } = wanted;
  const key = releaseKey(digest, contents.digest);
  const altered: string[] = [];
  for (const name of await listReleases(place, key)) {
    if (await isIntact(place, name, wanted)) return { name, altered };
    altered.push(name);
  }
  const work = workFolder(place, key);
  await rm(work, { recursive: true, force: true });
  try {
    const files = await unpackImage(work, wanted, tools);
    const record = { v: 1, digest, platformDigest: contents.digest, files } as const;
    return { name: await addRelease(place, join(work, 'tree'), { key, record }), altered };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function isIntact(place: string, name: string, { digest, contents }: WantedRelease): Promise<boolean> {
  const record = await findRecord(place, name);
  if (record?.digest !== digest || record.platformDigest !== contents.digest) return false;
  return (await findDifferences(releaseFolder(place, name), record.files)).length === 0;
}

async function unpackImage(work: string, wanted: WantedRelease, tools: Tools): Promise<FileRecord[]> {
  const { registry, limits } = tools;
  const folder = join(work, 'tree');
  const file = join(work, 'layer');
  await mkdir(folder, { recursive: true });
  const tree = emptyTree();
  const budget = { packedBytes: limits.unpackedBytes, unpackedBytes: limits.unpackedBytes, files: limits.files };
  for (const [index, layer] of wanted.contents.layers.entries()) {
    await fetchLayer(registry, { repository: wanted.repository, layer }, { file, budget });
    const to = { folder, tree, layer: index, maxPathBytes: limits.pathBytes, budget };
    await unpackTar(unpackedBytes(file, layer, budget), to);
    await rm(file);
  }
  checkLinks(tree);
  return [...listTree(tree)];
}
