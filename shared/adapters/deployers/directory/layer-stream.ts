import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Failure } from '../../../domain/failure.ts';
import type { RegistryClient } from '../../../ports/registry-client.ts';
import type { Compression, Layer } from './image.ts';

/** What all layers of one image may still take. */
export interface Budget {
  packedBytes: number;
  unpackedBytes: number;
  files: number;
}

/** Into a file, whole and with its digest checked: bytes that are not the digest's are never unpacked. */
export async function fetchLayer(
  registry: RegistryClient,
  from: { readonly repository: string; readonly layer: Layer },
  into: { readonly file: string; readonly budget: Budget },
): Promise<void> {
  const { repository, layer } = from;
  const { budget } = into;
  budget.packedBytes -= layer.size;
  if (budget.packedBytes < 0)
    throw new Failure('tooLarge', 'the layers of the image are larger than a directory step unpacks');
  const handle = await open(into.file, 'wx', 0o600);
  try {
    await writeStream(handle, registry.blobStream(repository, layer.digest), layer);
  } finally {
    await handle.close();
  }
}

async function writeStream(handle: FileHandle, bytes: AsyncIterable<Uint8Array>, layer: Layer): Promise<void> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.byteLength;
    if (size > layer.size) break;
    await handle.appendFile(chunk);
  }
  if (size !== layer.size) {
    const message = `the registry gave ${size > layer.size ? 'more' : size} bytes for layer ${layer.digest}, its manifest says ${layer.size}`;
    throw new Failure('digestMismatch', message);
  }
}

/** Beyond this the ratio counts: a small archive may well be all zeroes. */
const ratioFrom = 64 * 1024 * 1024;
/** Text packs to a tenth, deflate cannot do better than about 1:1030. */
const maxRatio = 200;

/** The unpacked tar, ended with digestMismatch if it is not the diff_id's, and with tooLarge where the bounds are passed. */
export async function* unpackedBytes(file: string, layer: Layer, budget: Budget): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of decompressed(file, layer.compression)) {
    size += chunk.byteLength;
    budget.unpackedBytes -= chunk.byteLength;
    if (budget.unpackedBytes < 0)
      throw new Failure('tooLarge', 'the image unpacks to more than a directory step takes');
    if (size > ratioFrom && size > layer.size * maxRatio) {
      throw new Failure('tooLarge', `layer ${layer.digest} unpacks to more than ${maxRatio} times its size`);
    }
    hash.update(chunk);
    yield chunk;
  }
  const diffId = `sha256:${hash.digest('hex')}`;
  if (diffId !== layer.diffId) {
    const message = `layer ${layer.digest} unpacks to ${diffId}, the image's configuration says ${layer.diffId}`;
    throw new Failure('digestMismatch', message);
  }
}

async function* decompressed(file: string, compression: Compression): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of openLayer(file, compression)) yield chunk;
  } catch (error) {
    // node:zlib, https://nodejs.org/api/zlib.html#error-codes: Z_… of zlib and ZSTD_…, both with a number.
    const packing =
      error instanceof Error && 'errno' in error && 'code' in error && /^(?:Z_|ZSTD_)/.test(String(error.code));
    if (packing) throw new Failure('unsafeArchive', `a layer is not valid ${compression}`, { cause: error });
    throw error;
  }
}

function openLayer(file: string, compression: Compression): Readable {
  const source = createReadStream(file);
  if (compression === 'none') return source;
  // The callback is there because errors arrive by reading from the result.
  return pipeline(source, compression === 'gzip' ? createGunzip() : createZstdDecompress(), () => {});
}
