import { createHash } from 'node:crypto';
import { chmod, link, mkdir, open, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Extract, extract, type Header } from 'tar-stream';
import { Failure } from '../../../domain/failure.ts';
import { parseEntryPath, parseWhiteout } from './entry-path.ts';
import { type DirectoryNode, directoryMode, find, type TreeNode, unsafe } from './tree.ts';

type Entry = Extract extends AsyncIterable<infer Source> ? Source : never;

/** One layer being put over what is there. The tree is the truth about what has been written; the disk is never asked. */
export interface Unpacking {
  /** Folder on disk that `tree` describes. */
  readonly folder: string;
  readonly tree: DirectoryNode;
  readonly layer: number;
  readonly maxPathBytes: number;
  readonly budget: { files: number };
}

/** Puts a tar over the tree. Failures: unsafeArchive naming the entry, tooLarge, and whatever `bytes` throws. */
export async function unpackTar(bytes: AsyncIterable<Uint8Array>, to: Unpacking): Promise<void> {
  const archive = extract({});
  const feeding = feed(bytes, archive);
  try {
    for await (const entry of archive) {
      to.budget.files -= 1;
      if (to.budget.files < 0)
        throw new Failure('tooLarge', 'the image has more entries than a directory step unpacks');
      await putEntry(entry, to);
      entry.resume();
    }
  } catch (error) {
    throw (await feeding) ?? broken(error);
  }
  const fault = await feeding;
  if (fault !== undefined) throw fault;
}

/** Never rejects: gives back what `bytes` threw, after it has taken the archive down with it. */
async function feed(bytes: AsyncIterable<Uint8Array>, archive: Extract): Promise<unknown> {
  try {
    for await (const chunk of bytes) {
      if (archive.destroyed) return undefined;
      if (!archive.write(chunk)) await writable(archive);
    }
    archive.end(undefined);
    return undefined;
  } catch (error) {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
    return error;
  }
}

function writable(archive: Extract): Promise<void> {
  if (archive.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = () => {
      archive.off('drain', settle);
      archive.off('close', settle);
      resolve();
    };
    archive.on('drain', settle);
    archive.on('close', settle);
  });
}

function broken(error: unknown): unknown {
  if (error instanceof Failure || (error instanceof Error && 'syscall' in error)) return error;
  const said = error instanceof Error ? error.message : String(error);
  return new Failure('unsafeArchive', `a layer is not a valid tar archive: ${said}`, { cause: error });
}

async function putEntry(entry: Entry, to: Unpacking): Promise<void> {
  const { header } = entry;
  const path = parseEntryPath(header.name, to.maxPathBytes);
  const name = path.at(-1);
  if (name === undefined) {
    if (header.type !== 'directory') throw unsafe(header.name, 'is not a folder but stands in the place of the root');
    return;
  }
  const whiteout = parseWhiteout(name);
  const parents = path.slice(0, -1);
  if (whiteout.kind === 'none') {
    const parent = await openParent(parents, header.name, to);
    return place(entry, { parent, parents, name }, to);
  }
  const parent = find(to.tree, parents);
  if (whiteout.kind === 'ignore' || parent?.kind !== 'directory') return;
  for (const hidden of whiteout.kind === 'opaque' ? [...parent.children.keys()] : [whiteout.name]) {
    await hide(parent, { parents, name: hidden }, to);
  }
}

interface Spot {
  readonly parents: readonly string[];
  readonly name: string;
}

const onDisk = ({ folder }: Unpacking, { parents, name }: Spot) => join(folder, ...parents, name);

/** Folders on the way are made; nothing is ever written through a link. */
async function openParent(parents: readonly string[], entry: string, to: Unpacking): Promise<DirectoryNode> {
  let node = to.tree;
  for (const [depth, name] of parents.entries()) {
    let next = node.children.get(name);
    if (next === undefined) {
      await made(entry, mkdir(onDisk(to, { parents: parents.slice(0, depth), name }), { mode: directoryMode }));
      next = { kind: 'directory', mode: directoryMode, layer: to.layer, children: new Map() };
      node.children.set(name, next);
    }
    if (next.kind === 'symlink')
      throw unsafe(entry, `is written through the link ${parents.slice(0, depth + 1).join('/')}`);
    if (next.kind === 'file') throw unsafe(entry, `is below the file ${parents.slice(0, depth + 1).join('/')}`);
    node = next;
  }
  return node;
}

async function place(entry: Entry, at: Spot & { readonly parent: DirectoryNode }, to: Unpacking): Promise<void> {
  const { header } = entry;
  const { parent, name } = at;
  const before = parent.children.get(name);
  if (header.type === 'directory' && before?.kind === 'directory') {
    before.mode = directoryBits(header);
    before.layer = to.layer;
    return chmod(onDisk(to, at), before.mode);
  }
  if (header.type === 'link' && before !== undefined && linkTarget(header, to)?.node === before) return;
  if (before !== undefined) await remove(parent, at, to);
  parent.children.set(name, await write(entry, at, to));
}

type Linked = Spot & { readonly node: Exclude<TreeNode, DirectoryNode> };

async function write(entry: Entry, at: Spot, to: Unpacking): Promise<TreeNode> {
  const { header } = entry;
  switch (header.type) {
    case 'directory': {
      const mode = directoryBits(header);
      await made(header.name, mkdir(onDisk(to, at)));
      await chmod(onDisk(to, at), mode);
      return { kind: 'directory', mode, layer: to.layer, children: new Map() };
    }
    case 'file':
    case 'contiguous-file':
      return writeFile(entry, at, to);
    case 'symlink':
      return writeSymlink(header.name, header.linkname || '', { at, to });
    case 'link':
      return writeLink(header, { at, to });
    default:
      throw unsafe(header.name, `is of type ${header.type ?? 'unknown'}; only files, folders and links are unpacked`);
  }
}

async function writeFile(entry: Entry, at: Spot, to: Unpacking): Promise<TreeNode> {
  const { header } = entry;
  // setuid, setgid and sticky are dropped; the owner must be able to read what is to be hashed again.
  const mode = (header.mode & 0o777) | 0o400;
  const handle = await made(header.name, open(onDisk(to, at), 'wx', 0o600));
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of entry) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('tar-stream gave no bytes');
      await handle.appendFile(chunk);
      hash.update(chunk);
      size += chunk.byteLength;
    }
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
  return { kind: 'file', mode, size, sha256: hash.digest('hex'), layer: to.layer };
}

interface Writing {
  readonly at: Spot;
  readonly to: Unpacking;
}

async function writeSymlink(entry: string, target: string, { at, to }: Writing): Promise<TreeNode> {
  if (target === '' || target.includes('\0')) throw unsafe(entry, 'is a link without a sound target');
  if (target.startsWith('/')) throw unsafe(entry, `is a link to ${target}, outside of the image`);
  if (Buffer.byteLength(target) > to.maxPathBytes) throw unsafe(entry, 'is a link with too long a target');
  await made(entry, symlink(target, onDisk(to, at)));
  return { kind: 'symlink', target, layer: to.layer };
}

function linkTarget(header: Header, to: Unpacking): Linked | undefined {
  const path = parseEntryPath(header.linkname || '', to.maxPathBytes);
  const node = find(to.tree, path);
  const name = path.at(-1);
  if (node === undefined || name === undefined || node.kind === 'directory') return undefined;
  return { parents: path.slice(0, -1), name, node };
}

async function writeLink(header: Header, { at, to }: Writing): Promise<TreeNode> {
  const linked = linkTarget(header, to);
  if (linked === undefined) {
    throw unsafe(header.name, `is a hard link to ${header.linkname || 'nothing'}, which is no file of the image`);
  }
  if (linked.node.kind === 'symlink') return writeSymlink(header.name, linked.node.target, { at, to });
  await made(header.name, link(onDisk(to, linked), onDisk(to, at)));
  return { ...linked.node, layer: to.layer };
}

/** Hides what lower layers put there; what this layer put there stays, in whatever order it comes. */
async function hide(parent: DirectoryNode, at: Spot, to: Unpacking): Promise<void> {
  const node = parent.children.get(at.name);
  if (node === undefined) return;
  if (!isOfLayer(node, to.layer)) return remove(parent, at, to);
  if (node.kind !== 'directory') return;
  for (const name of [...node.children.keys()]) {
    await hide(node, { parents: [...at.parents, at.name], name }, to);
  }
}

function isOfLayer(node: TreeNode, layer: number): boolean {
  if (node.layer === layer) return true;
  return node.kind === 'directory' && [...node.children.values()].some((child) => isOfLayer(child, layer));
}

async function remove(parent: DirectoryNode, at: Spot, to: Unpacking): Promise<void> {
  await rm(onDisk(to, at), { recursive: true, force: true });
  parent.children.delete(at.name);
}

function directoryBits(header: Header): number {
  return (header.mode & 0o777) | 0o700;
}

/** Where the file system takes two names for one (`A` and `a`), the tree does not know of what is there. */
async function made<T>(entry: string, making: Promise<T>): Promise<T> {
  try {
    return await making;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw unsafe(entry, 'has a name that this file system takes for another one in the image');
    }
    throw error;
  }
}
