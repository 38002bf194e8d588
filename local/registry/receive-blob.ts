import { Failure } from '../../shared/domain/failure.ts';
import type { BlobDescriptor, UploadResult, UploadSource } from '../../shared/ports/registry-client.ts';
import type { Upload, Uploads } from './uploads.ts';

const pieceBytes = 8 * 1024 * 1024;

interface Receiving {
  /** Without host. */
  readonly repository: string;
  readonly blob: BlobDescriptor;
  readonly source: UploadSource;
}

/** A blob that comes from within the process, as an upload like any other: what is acknowledged outlives the process. */
export async function receiveBlob(uploads: Uploads, receiving: Receiving): Promise<UploadResult> {
  const { repository, blob, source } = receiving;
  const known = source.resume === undefined ? undefined : await uploads.find(repository, source.resume.location);
  const upload = known ?? (await uploads.start(repository));
  if (upload === undefined) throw new Failure('registryUnavailable', 'too many uploads are open; try again later');
  const stopped = await appendAll(uploads, { ...receiving, upload });
  if (stopped) return { kind: 'paused', upload: { location: upload.id, offset: upload.size } };
  if (upload.size !== blob.size) {
    await uploads.remove(upload);
    throw new Failure('digestMismatch', `${blob.digest} has ${upload.size} bytes, its manifest says ${blob.size}`);
  }
  const { kind } = await uploads.finish(upload, blob.digest);
  if (kind === 'stored') return { kind };
  if (kind === 'busy') throw busy();
  throw new Failure('digestMismatch', `the bytes for ${repository} are not those of ${blob.digest}`);
}

/** True = paused. */
async function appendAll(
  uploads: Uploads,
  { upload, blob, source }: Receiving & { readonly upload: Upload },
): Promise<boolean> {
  let next = true;
  const rest = source.read(upload.size)[Symbol.asyncIterator]();
  try {
    while (next) {
      const before = upload.size;
      const result = await uploads.append(upload, piece());
      if (result.kind === 'busy') throw busy();
      if (result.kind === 'tooLarge' || upload.size > blob.size) {
        await uploads.remove(upload);
        throw new Failure('tooLarge', `${blob.digest} is larger than this registry takes or its manifest says`);
      }
      if (next && upload.size > before && source.mayGoOn?.() === false) return true;
    }
    return false;
  } finally {
    await rest.return?.();
  }

  /** As much as is acknowledged at once. */
  async function* piece(): AsyncGenerator<Uint8Array> {
    for (let taken = 0; taken < pieceBytes; ) {
      const { done, value } = await rest.next();
      if (done === true) {
        next = false;
        return;
      }
      taken += value.byteLength;
      yield value;
    }
  }
}

function busy(): Failure {
  return new Failure('conflict', 'another call is writing to this upload');
}
