import { Failure } from '../../../domain/failure.ts';
import type { FileRecord } from './release-record.ts';

/** What has been unpacked so far. `layer` = the last layer that wrote it, so that whiteouts hide lower layers only. */
export interface DirectoryNode {
  readonly kind: 'directory';
  mode: number;
  layer: number;
  readonly children: Map<string, TreeNode>;
}

export type TreeNode =
  | DirectoryNode
  | {
      readonly kind: 'file';
      readonly mode: number;
      readonly size: number;
      readonly sha256: string;
      readonly layer: number;
    }
  | { readonly kind: 'symlink'; readonly target: string; readonly layer: number };

/** Readable and enterable by the owner, so that it can be hashed and removed. */
export const directoryMode = 0o755;

export function emptyTree(): DirectoryNode {
  return { kind: 'directory', mode: directoryMode, layer: -1, children: new Map() };
}

/** Everything below the root, in code unit order of the paths. */
export function listTree(root: DirectoryNode): readonly FileRecord[] {
  const files: FileRecord[] = [];
  walk(root, '', (path, node) => {
    if (node.kind === 'directory') files.push({ kind: 'directory', path, mode: node.mode });
    else if (node.kind === 'symlink') files.push({ kind: 'symlink', path, target: node.target });
    else files.push({ kind: 'file', path, mode: node.mode, size: node.size, sha256: node.sha256 });
  });
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function walk(directory: DirectoryNode, prefix: string, visit: (path: string, node: TreeNode) => void): void {
  for (const [name, node] of directory.children) {
    visit(prefix + name, node);
    if (node.kind === 'directory') walk(node, `${prefix}${name}/`, visit);
  }
}

/** As Linux: beyond it a link is a loop. */
const maxLinks = 40;

/**
 * Fails with unsafeArchive if a link leads out of the tree. Decided on the finished tree, because `a/..` is somewhere else once
 * `a` is a link: looking at the text of one link is not enough.
 */
export function checkLinks(root: DirectoryNode): void {
  walk(root, '', (path, node) => {
    if (node.kind !== 'symlink') return;
    const parents = path.split('/').slice(0, -1);
    if (leaves(root, parents, node.target)) throw unsafe(path, `is a link to ${node.target}, outside of the image`);
  });
}

function leaves(root: DirectoryNode, from: readonly string[], target: string): boolean {
  const at = [...from];
  const ahead = target.split('/').reverse();
  let links = 0;
  while (ahead.length > 0) {
    const part = ahead.pop();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return true;
      continue;
    }
    const node = find(root, [...at, part]);
    if (node?.kind !== 'symlink') {
      at.push(part);
      continue;
    }
    links += 1;
    // A loop leads nowhere, so not outside either.
    if (links > maxLinks) return false;
    if (node.target.startsWith('/')) return true;
    ahead.push(...node.target.split('/').reverse());
  }
  return false;
}

export function find(root: DirectoryNode, path: readonly string[]): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const part of path) {
    if (node?.kind !== 'directory') return undefined;
    node = node.children.get(part);
  }
  return node;
}

export function unsafe(entry: string, what: string): Failure {
  return new Failure('unsafeArchive', `the entry ${JSON.stringify(entry.slice(0, 300))} ${what}`);
}
