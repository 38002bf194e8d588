import { lstat, mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestHex } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import { parseReleaseRecord, type ReleaseRecord } from './release-record.ts';

/**
 * A place: `<path>/current` -> `releases/<name>`, beside it `releases/<name>.files.json`, and `releases/order.json` with the names
 * deployed, newest first. A name is the digest's hex, with the child's for an index, and a number where an altered release of
 * the same digest is replaced.
 */
const releaseName = /^[0-9a-f]{64}(?:-[0-9a-f]{16})?(?:\.\d{1,9})?$/;

export function releaseKey(digest: Digest, platformDigest: Digest): string {
  const hex = digestHex(digest);
  return digest === platformDigest ? hex : `${hex}-${digestHex(platformDigest).slice(0, 16)}`;
}

export const releaseFolder = (place: string, name: string) => join(place, 'releases', name);
/** Where a release is put together. One at a time per place, so its name need not be new. */
export const workFolder = (place: string, key: string) =>
  join(place, 'releases', `${key.slice(0, 16)}-${key.length}.partial`);
const recordFile = (place: string, name: string) => join(place, 'releases', `${name}.files.json`);
const orderFile = (place: string) => join(place, 'releases', 'order.json');

/** Makes the folders; fails with pathNotAllowed where something else stands in their place. */
export async function preparePlace(place: string): Promise<void> {
  await mkdir(place, { recursive: true });
  await mkdir(join(place, 'releases')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const releases = await lstat(join(place, 'releases'));
  if (!releases.isDirectory()) throw occupied(join(place, 'releases'), 'is not a folder');
  const current = await lstat(join(place, 'current')).catch(() => undefined);
  if (current !== undefined && !current.isSymbolicLink())
    throw occupied(join(place, 'current'), 'is not a symbolic link');
}

function occupied(path: string, what: string): Failure {
  return new Failure(
    'pathNotAllowed',
    `${path} ${what}; a directory step keeps its releases there and replaces nothing else`,
  );
}

/** The release that `current` names; undefined if there is none or it is not one of ours. */
export async function findCurrent(place: string): Promise<string | undefined> {
  const target = await readlink(join(place, 'current')).catch(() => undefined);
  const name = target?.startsWith('releases/') ? target.slice('releases/'.length) : '';
  return releaseName.test(name) ? name : undefined;
}

export async function findRecord(place: string, name: string): Promise<ReleaseRecord | undefined> {
  const text = await readFile(recordFile(place, name), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseReleaseRecord(text);
}

/** Names of releases of a key, the current one first. */
export async function listReleases(place: string, key: string): Promise<readonly string[]> {
  const current = await findCurrent(place);
  const names = (await readdir(join(place, 'releases'))).filter(
    (name) => releaseName.test(name) && name.split('.')[0] === key,
  );
  return names.sort((a, b) => Number(b === current) - Number(a === current) || (a < b ? -1 : 1));
}

/** Takes a finished tree in under a new name. The record comes first: a release without one counts as altered. */
export async function addRelease(
  place: string,
  tree: string,
  release: { readonly key: string; readonly record: ReleaseRecord },
): Promise<string> {
  const taken = new Set(await listReleases(place, release.key));
  let name = release.key;
  for (let number = 2; taken.has(name); number += 1) name = `${release.key}.${number}`;
  await writeWhole(recordFile(place, name), JSON.stringify(release.record));
  await rename(tree, releaseFolder(place, name));
  await syncFolder(join(place, 'releases'));
  return name;
}

/** One rename: a reader of `current` sees the release before or the new one, never nothing. */
export async function switchCurrent(place: string, name: string): Promise<void> {
  const order = (await readOrder(place)).filter((one) => one !== name);
  await writeWhole(orderFile(place), JSON.stringify([name, ...order]));
  const next = join(place, 'current.next');
  await rm(next, { force: true });
  await symlink(`releases/${name}`, next);
  await rename(next, join(place, 'current'));
  await syncFolder(place);
}

/** Keeps the newest `keep` and the current one; removes older ones, altered ones (`drop`), and what a crash left. */
export async function pruneReleases(place: string, keep: number, drop: readonly string[]): Promise<void> {
  const current = await findCurrent(place);
  const order = (await readOrder(place)).filter((name) => !drop.includes(name) || name === current).slice(0, keep);
  const kept = new Set(current === undefined ? order : [current, ...order]);
  await writeWhole(orderFile(place), JSON.stringify(order));
  for (const entry of await readdir(join(place, 'releases'))) {
    const name = entry.replace(/\.files\.json$/, '');
    const ours = releaseName.test(name) || /^[0-9a-f]{16}-\d+\.partial$/.test(entry);
    if (!ours || kept.has(name)) continue;
    // Its record first: what is removed by half then counts as altered.
    if (releaseName.test(name)) await rm(recordFile(place, name), { force: true });
    await rm(join(place, 'releases', entry), { recursive: true, force: true });
  }
}

async function readOrder(place: string): Promise<readonly string[]> {
  const text = await readFile(orderFile(place), 'utf8').catch(() => '[]');
  try {
    const names: unknown = JSON.parse(text);
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string' && releaseName.test(name)) : [];
  } catch {
    return [];
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  const temp = `${path}.next`;
  const handle = await open(temp, 'w', 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temp, path);
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
