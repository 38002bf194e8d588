import { parseDigest } from '../../shared/domain/digest.ts';
import { type Answer, answer, refuse } from './answers.ts';
import type { Call } from './call.ts';

export async function answerBlob(call: Call, repository: string, digestText: string): Promise<Answer> {
  if (call.method !== 'GET' && call.method !== 'HEAD') {
    return refuse(405, 'UNSUPPORTED', 'Blobs can be read here; they are written by an upload.', {
      headers: { allow: 'GET, HEAD' },
    });
  }
  const digest = parseDigest(digestText);
  if (digest === undefined) return invalidDigest(digestText);
  const { storage } = call.parts;
  const size = await storage.blobSize(repository, digest);
  if (size === undefined)
    return refuse(404, 'BLOB_UNKNOWN', `${repository} has no blob ${digest}`, { detail: { digest } });
  const headers = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': digest,
    'accept-ranges': 'bytes',
    etag: `"${digest}"`,
  };
  const range = parseRange(call.request.headers.range, size);
  if (range === 'unsatisfiable') {
    return refuse(416, 'SIZE_INVALID', `the blob has ${size} bytes`, {
      headers: { 'content-range': `bytes */${size}` },
    });
  }
  const path = storage.blobPath(digest);
  if (range === undefined) return answer(200, headers, { path, start: 0, end: size - 1 });
  const contentRange = `bytes ${range.start}-${range.end}/${size}`;
  return answer(206, { ...headers, 'content-range': contentRange }, { path, ...range });
}

export function invalidDigest(text: string): Answer {
  return refuse(
    400,
    'DIGEST_INVALID',
    `${JSON.stringify(text.slice(0, 100))} is not sha256:<64 lower-case hex digits>`,
  );
}

/** RFC 9110, 14.1.2: one range; several, or another unit, are answered with the whole. */
export function parseRange(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  const [first, last] = [parts?.[1] ?? '', parts?.[2] ?? ''];
  if (parts === null || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  return start > end ? 'unsatisfiable' : { start, end };
}
