import { unsafe } from './tree.ts';

const maxNameBytes = 255;

/** Parts of an entry's path below the root; none for the root itself. Fails with unsafeArchive for whatever could leave it. */
export function parseEntryPath(name: string, maxBytes: number): readonly string[] {
  if (name.includes('\0')) throw unsafe(name, 'has a NUL in its name');
  if (name.startsWith('/')) throw unsafe(name, 'is an absolute path');
  if (Buffer.byteLength(name) > maxBytes) throw unsafe(name, `is a path of more than ${maxBytes} bytes`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw unsafe(name, 'leads out of its folder');
  if (parts.some((part) => Buffer.byteLength(part) > maxNameBytes)) {
    throw unsafe(name, `has a name of more than ${maxNameBytes} bytes`);
  }
  return parts;
}

export type Whiteout =
  | { readonly kind: 'none' }
  | { readonly kind: 'opaque' }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'hides'; readonly name: string };

/**
 * What an entry's own name says: whiteouts of https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts.
 * `ignore` is bookkeeping of aufs.
 */
export function parseWhiteout(name: string): Whiteout {
  if (!name.startsWith('.wh.')) return { kind: 'none' };
  if (name === '.wh..wh..opq') return { kind: 'opaque' };
  if (name.startsWith('.wh..wh.')) return { kind: 'ignore' };
  const hidden = name.slice('.wh.'.length);
  if (hidden === '' || hidden === '.' || hidden === '..') throw unsafe(name, 'is a whiteout of nothing');
  return { kind: 'hides', name: hidden };
}
