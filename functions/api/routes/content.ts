import { z } from 'zod';
import { isImageArchive } from '../../../shared/adapters/content/image-archive.ts';
import { maxRouteBytes, parseContentReference } from '../../../shared/domain/content.ts';
import { getContent, getContentByAddress } from '../../../shared/flows/get-content.ts';
import { putContent } from '../../../shared/flows/put-content.ts';
import { checkContentDigest, contentDigest } from '../../../shared/runtime/content-digest.ts';
import { HttpProblem, notFoundProblem } from '../../../shared/runtime/http-problem.ts';
import { bytesRoute, route } from '../../../shared/runtime/route.ts';

const rawBytes = z.string().meta({ format: 'binary' });

const storedContent = z
  .object({ uuid: z.string(), sha256: z.string().describe('Hex'), size: z.int() })
  .meta({ id: 'StoredContent' });

const get = route({
  method: 'GET',
  path: '/v1/artifacts/{uuid}/content',
  operation: 'getArtifactContent',
  summary: 'The stored bytes of an artifact, up to 4 MiB',
  access: 'caller',
  answers: { 200: { description: 'The bytes', schema: rawBytes, mediaType: 'application/octet-stream' } },
  conditional: true,
  async handle(ports, { caller, params }) {
    const found = await getContent(ports, { caller, uuid: params.uuid ?? '' });
    if (found === undefined) throw notFoundProblem('stored content of that artifact');
    return given(found.bytes, found.content.sha256);
  },
});

/** What a run has as `remote/base64`, by the address in its reference: `ref://shop/<hash>`. */
const getByAddress = route({
  method: 'GET',
  path: '/v1/artifacts/content-address/{application}/{hash}',
  operation: 'getContentByAddress',
  summary: 'The bytes that a ref://{application}/{hash} stands for, up to 4 MiB',
  access: 'caller',
  answers: { 200: { description: 'The bytes', schema: rawBytes, mediaType: 'application/octet-stream' } },
  conditional: true,
  async handle(ports, { caller, params }) {
    const address = parseContentReference(`ref://${params.application}/${params.hash}`);
    const found = address && (await getContentByAddress(ports, { caller, ...address }));
    if (found === undefined) throw notFoundProblem('stored content under that address');
    return given(found.bytes, found.content.sha256);
  },
});

/** Whoever published it wrote it: a browser that is sent here must neither show nor run it. */
function given(bytes: Uint8Array, sha256: string) {
  if (bytes.length > maxRouteBytes) {
    const detail = `The content has ${bytes.length} bytes; a route gives at most ${maxRouteBytes}. Get it from where it was published.`;
    throw new HttpProblem(413, 'tooLarge', detail);
  }
  const headers = {
    'content-disposition': `attachment; filename="${sha256.slice(0, 12)}"`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'content-digest': contentDigest(sha256),
  };
  return { status: 200 as const, bytes, headers };
}

const put = bytesRoute({
  method: 'PUT',
  path: '/v1/artifacts/{uuid}/content',
  operation: 'putArtifactContent',
  summary:
    'Stores the bytes of an artifact, for the pipelines that your groups own; the same bytes again change nothing',
  access: 'caller',
  body: { kind: 'bytes', mediaTypes: ['*/*'], maxBytes: maxRouteBytes },
  answers: {
    200: { description: 'They were stored before', schema: storedContent },
    201: { description: 'Stored', schema: storedContent },
  },
  async handle(ports, { caller, params, body, headers }) {
    checkContentDigest(headers['content-digest'], body);
    if (body.length === 0) throw new HttpProblem(422, 'invalid', 'There are no bytes to store.');
    if (await isImageArchive(body)) {
      const detail =
        'This is an archive of an image. Push it to a registry (skopeo copy, docker push): Waybill keeps its digest.';
      throw new HttpProblem(422, 'useARegistry', detail);
    }
    const answer = await putContent(ports, { caller, uuid: params.uuid ?? '', bytes: body });
    if (answer.kind === 'notFound') throw notFoundProblem('artifact');
    if (answer.kind === 'conflict') throw new HttpProblem(409, 'contentChanged', answer.message);
    if (answer.kind === 'invalid') throw new HttpProblem(422, answer.code, answer.message);
    const { uuid, sha256, size } = answer.content;
    return { status: answer.kind === 'stored' ? 201 : 200, body: { uuid, sha256, size } };
  },
});

export const contentRoutes = [get, getByAddress, put];
