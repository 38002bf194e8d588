import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { Failure } from '../domain/failure.ts';
import type { Compression } from '../ports/content-store.ts';

const deflate = promisify<Uint8Array, Uint8Array>(gzip);
const inflate = promisify(gunzip);

/** Gzip off the main thread. */
export const compression: Compression = {
  gzip: (bytes) => deflate(bytes),
  async gunzip(bytes, maxBytes) {
    try {
      // Zero means no limit to Node.
      return await inflate(bytes, { maxOutputLength: Math.max(1, maxBytes) });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ERR_BUFFER_TOO_LARGE') throw error;
      throw new Failure('tooLarge', `More than ${maxBytes} bytes come out of the compressed content`, { cause: error });
    }
  },
};
