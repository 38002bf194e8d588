import { createGunzip } from 'node:zlib';

const blockBytes = 512;
/** What is looked at of one archive: compressed, a few bytes may stand for gigabytes. */
const mostBytes = 64 * 1024 * 1024;

/** Files at the top of what `docker save` writes, and of an OCI image layout in a tar (image-layout.md of the image spec). */
const markers: ReadonlySet<string> = new Set(['manifest.json', 'repositories', 'oci-layout']);

/**
 * Whether bytes are a tar, gzipped or not, that holds an image: two of the files that every image archive has at its top, or one and
 * a folder of blobs. Bytes that are no tar are none.
 */
export async function isImageArchive(bytes: Uint8Array): Promise<boolean> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const walk = createWalk();
  try {
    for await (const chunk of isGzip ? inflated(bytes) : [bytes]) if (walk(chunk) !== 'undecided') break;
  } catch {
    // Broken gzip: nobody can load it as an image either.
  }
  return walk(new Uint8Array()) === 'image';
}

async function* inflated(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  gunzip.end(bytes);
  let read = 0;
  for await (const chunk of gunzip) {
    if (!(chunk instanceof Uint8Array)) continue;
    read += chunk.length;
    if (read > mostBytes) return;
    yield chunk;
  }
}

type Finding = 'undecided' | 'image' | 'other';

/** Reads the headers of a tar as its bytes come and skips what is between them. */
function createWalk(): (chunk: Uint8Array) => Finding {
  const found = new Set<string>();
  let header = new Uint8Array(0);
  let skip = 0;
  let finding: Finding = 'undecided';
  return (chunk) => {
    for (let at = 0; at < chunk.length && finding === 'undecided'; ) {
      if (skip > 0) {
        const skipped = Math.min(skip, chunk.length - at);
        skip -= skipped;
        at += skipped;
        continue;
      }
      const part = chunk.subarray(at, at + blockBytes - header.length);
      header = Buffer.concat([header, part]);
      at += part.length;
      if (header.length < blockBytes) break;
      const entry = readHeader(header);
      header = new Uint8Array(0);
      if (entry === undefined) finding = 'other';
      else {
        skip = Math.ceil(entry.size / blockBytes) * blockBytes;
        note(found, entry.name);
        if (isImage(found)) finding = 'image';
      }
    }
    return finding;
  };
}

/** pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, ustar; undefined for anything else, also for the end. */
function readHeader(block: Uint8Array): { readonly name: string; readonly size: number } | undefined {
  const text = (from: number, to: number): string =>
    Buffer.from(block.subarray(from, to)).toString('latin1').split('\0', 1)[0] ?? '';
  const sum = block.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  const size = Number.parseInt(text(124, 136).trim() || '0', 8);
  if (Number.parseInt(text(148, 156).trim(), 8) !== sum || !Number.isSafeInteger(size)) return undefined;
  return { name: text(0, 100), size };
}

function note(found: Set<string>, name: string): void {
  const plain = name.replace(/^(?:\.?\/)+/, '');
  if (markers.has(plain)) found.add(plain);
  else if (/^blobs(?:\/|$)|^[0-9a-f]{64}(?:\/|\.json$)/.test(plain)) found.add('blobs');
}

function isImage(found: ReadonlySet<string>): boolean {
  if (found.has('oci-layout')) return true;
  return found.has('manifest.json') && (found.has('repositories') || found.has('blobs'));
}
