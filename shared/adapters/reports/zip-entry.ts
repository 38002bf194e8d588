import { inflateRawSync } from 'node:zlib';
import { Failure } from '../../domain/failure.ts';

/** PKWARE APPNOTE 6.3.10, 4.3.16 and 4.3.12: signatures and lengths of the fixed parts. */
const endSignature = 0x06054b50;
const endLength = 22;
const entrySignature = 0x02014b50;
const entryLength = 46;
const localSignature = 0x04034b50;
const localLength = 30;
const longestComment = 65_535;
const mostEntries = 10_000;
const [stored, deflated] = [0, 8];

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly at: number;
}

/**
 * One file of a ZIP archive: the one of that path, or the only one. Read by the central directory, which is what counts; no
 * ZIP64, no encryption. Failures: fetchNotPossible (no such archive), contentNotFound (no such file), tooLarge.
 */
export function readZipEntry(
  archive: Uint8Array,
  options: { readonly path?: string; readonly maxBytes: number },
): Uint8Array {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  try {
    const entry = choose(directoryOf(bytes), options.path);
    if (entry.size > options.maxBytes) throw tooLarge(options.maxBytes);
    return unpack(bytes, entry, options.maxBytes);
  } catch (error) {
    // What reads beyond the end of a cut archive is a RangeError.
    throw error instanceof Failure ? error : broken('is cut off or damaged', error);
  }
}

function directoryOf(bytes: Buffer): readonly Entry[] {
  const end = findEnd(bytes);
  const count = bytes.readUInt16LE(end + 10);
  if (count > mostEntries) throw broken(`holds more than ${mostEntries} files`);
  const entries: Entry[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let index = 0; index < count; index++) {
    if (bytes.readUInt32LE(at) !== entrySignature) throw broken('has a damaged directory');
    const nameLength = bytes.readUInt16LE(at + 28);
    entries.push({
      name: bytes.toString('utf8', at + entryLength, at + entryLength + nameLength),
      method: bytes.readUInt16LE(at + 10),
      packed: bytes.readUInt32LE(at + 20),
      size: bytes.readUInt32LE(at + 24),
      at: bytes.readUInt32LE(at + 42),
    });
    at += entryLength + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries.filter(({ name }) => !name.endsWith('/'));
}

/** From behind: a comment of unknown length may follow. */
function findEnd(bytes: Buffer): number {
  const first = Math.max(0, bytes.length - endLength - longestComment);
  for (let at = bytes.length - endLength; at >= first; at--) {
    if (bytes.readUInt32LE(at) === endSignature) return at;
  }
  throw broken('is no ZIP archive');
}

function choose(entries: readonly Entry[], path: string | undefined): Entry {
  const [only, ...more] = path === undefined ? entries : entries.filter(({ name }) => name === path);
  if (only === undefined) {
    throw new Failure(
      'contentNotFound',
      path === undefined ? 'The archive holds no file' : `The archive holds no ${path}`,
    );
  }
  if (path === undefined && more.length > 0) {
    throw new Failure('contentNotFound', `The archive holds ${entries.length} files: name one of them with path`);
  }
  return only;
}

function unpack(bytes: Buffer, entry: Entry, maxBytes: number): Uint8Array {
  if (bytes.readUInt32LE(entry.at) !== localSignature) throw broken('has a damaged directory');
  const start = entry.at + localLength + bytes.readUInt16LE(entry.at + 26) + bytes.readUInt16LE(entry.at + 28);
  const packed = bytes.subarray(start, start + entry.packed);
  if (packed.length < entry.packed) throw broken('is cut off');
  if (entry.method === stored) return packed;
  if (entry.method !== deflated) throw broken(`packs ${entry.name} by a method that is not read (${entry.method})`);
  try {
    return inflateRawSync(packed, { maxOutputLength: maxBytes });
  } catch (error) {
    const isLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw isLarge ? tooLarge(maxBytes) : broken('is damaged', error);
  }
}

function tooLarge(maxBytes: number): Failure {
  return new Failure('tooLarge', `The file in the archive has more than ${maxBytes} bytes`);
}

function broken(what: string, cause?: unknown): Failure {
  return new Failure('fetchNotPossible', `The archive ${what}`, { cause });
}
