import { type Digest, parseDigest } from '../../shared/domain/digest.ts';
import { type Answer, answer, refuse } from './answers.ts';
import { invalidDigest } from './blob-routes.ts';
import type { Call } from './call.ts';
import { isRepositoryPath } from './names.ts';
import type { Upload } from './uploads.ts';

/** POST `/v2/<name>/blobs/uploads/`: a mount, a whole blob with `?digest=`, or the start of an upload. */
export async function startUpload(call: Call, repository: string): Promise<Answer> {
  if (call.method !== 'POST')
    return refuse(405, 'UNSUPPORTED', 'An upload starts with POST.', { headers: { allow: 'POST' } });
  const mounted = await mount(call, repository);
  if (mounted !== undefined) return mounted;
  const digestText = call.query.get('digest');
  if (digestText !== null && parseDigest(digestText) === undefined) return invalidDigest(digestText);
  const upload = await call.parts.uploads.start(repository);
  if (upload === undefined) {
    return refuse(429, 'TOOMANYREQUESTS', 'Too many uploads are open; try again later.', {
      headers: { 'retry-after': '5' },
    });
  }
  if (digestText === null) return progress(202, upload);
  return finishUpload(call, upload);
}

/** What cannot be mounted becomes an ordinary upload, as the specification wants. */
async function mount(call: Call, repository: string): Promise<Answer | undefined> {
  const digest = parseDigest(call.query.get('mount') ?? '');
  const from = call.query.get('from') ?? '';
  if (digest === undefined || !isRepositoryPath(from) || !(await call.access.mayPull(from))) return undefined;
  const { storage } = call.parts;
  if ((await storage.blobSize(from, digest)) === undefined) return undefined;
  await storage.linkBlob(repository, digest);
  return created(repository, digest);
}

/** GET, PATCH, PUT and DELETE of an upload under way. */
export async function answerUpload(call: Call, repository: string, id: string): Promise<Answer> {
  const upload = await call.parts.uploads.find(repository, id);
  if (upload === undefined) {
    return refuse(
      404,
      'BLOB_UPLOAD_UNKNOWN',
      `${repository} has no upload ${JSON.stringify(id.slice(0, 64))}; start it again`,
    );
  }
  switch (call.method) {
    case 'GET':
      return progress(204, upload);
    case 'PATCH':
      return (await append(call, upload)) ?? progress(202, upload);
    case 'PUT':
      return finishUpload(call, upload);
    case 'DELETE':
      await call.parts.uploads.remove(upload);
      return answer(204);
    default:
      return refuse(405, 'UNSUPPORTED', 'An upload takes GET, PATCH, PUT and DELETE.', {
        headers: { allow: 'GET, PATCH, PUT, DELETE' },
      });
  }
}

async function finishUpload(call: Call, upload: Upload): Promise<Answer> {
  const text = call.query.get('digest') ?? '';
  const digest = parseDigest(text);
  if (digest === undefined) return invalidDigest(text);
  const refused = await append(call, upload);
  if (refused !== undefined) return refused;
  const { kind } = await call.parts.uploads.finish(upload, digest);
  if (kind === 'stored') return created(upload.repository, digest);
  if (kind === 'busy') return busy();
  return refuse(400, 'DIGEST_INVALID', `the bytes that came are not ${digest}; the upload was removed`, {
    detail: { digest },
  });
}

/** undefined = the request's body is in. */
async function append(call: Call, upload: Upload): Promise<Answer | undefined> {
  const range = parseContentRange(call.request.headers['content-range']);
  if (range === 'malformed')
    return refuse(400, 'BLOB_UPLOAD_INVALID', 'Content-Range must be <first byte>-<last byte>');
  if (range !== undefined && range.start !== upload.size) {
    return refuse(416, 'BLOB_UPLOAD_INVALID', `the next byte of this upload is ${upload.size}, not ${range.start}`, {
      headers: uploadHeaders(upload),
    });
  }
  const length = range === undefined ? undefined : range.end - range.start + 1;
  // Destroying the request on an early return would take the socket, and the answer, with it.
  const body = call.request.iterator({ destroyOnReturn: false });
  const result = await call.parts.uploads.append(upload, body, length);
  switch (result.kind) {
    case 'appended':
      return undefined;
    case 'busy':
      return busy();
    case 'tooLarge':
      return refuse(413, 'SIZE_INVALID', 'the blob is larger than this registry takes; the upload was removed');
    case 'wrongLength':
      return refuse(400, 'SIZE_INVALID', `Content-Range announces ${length} bytes, ${result.got} came`);
  }
}

/** `<first>-<last>` without a unit, as the distribution API has it; some clients send RFC 9110's `bytes ` and `/<total>`. */
export function parseContentRange(
  header: string | undefined,
): { readonly start: number; readonly end: number } | 'malformed' | undefined {
  if (header === undefined) return undefined;
  const parts = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(header.trim());
  const [start, end] = [Number(parts?.[1]), Number(parts?.[2])];
  return parts === null || end < start ? 'malformed' : { start, end };
}

function busy(): Answer {
  return refuse(409, 'BLOB_UPLOAD_INVALID', 'another request is writing to this upload, or has just ended it');
}

function progress(status: number, upload: Upload): Answer {
  return answer(status, uploadHeaders(upload));
}

function uploadHeaders(upload: Upload): Readonly<Record<string, string>> {
  return {
    location: `/v2/${upload.repository}/blobs/uploads/${upload.id}`,
    // An empty upload also says 0-0: https://github.com/distribution/distribution does, and clients expect it.
    range: `0-${Math.max(upload.size - 1, 0)}`,
    'docker-upload-uuid': upload.id,
  };
}

function created(repository: string, digest: Digest): Answer {
  return answer(201, { location: `/v2/${repository}/blobs/${digest}`, 'docker-content-digest': digest });
}
