import { Failure } from '../../domain/failure.ts';
import type { ArtifactFetcher, FetchRequest } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { download } from './download.ts';
import { accountBase, below, proofFor, webUrl } from './place.ts';

/**
 * Reference `oci://{bucket}/{object}[#version]`, through an account whose host is the region's object storage and whose path is
 * `/n/{namespace}`; or the URL of a pre-authenticated request, which needs no account.
 */
export function createOracleObject(outbound: Outbound): ArtifactFetcher {
  return {
    type: 'oracle/object',
    accountTypes: ['oracle'],
    async fetch(request) {
      const { account, artifact, ...limits } = request;
      const isUrl = /^https?:/i.test(artifact.reference);
      const url = isUrl ? webUrl(artifact.reference, 'oracle/object') : objectUrl(request);
      const proof = isUrl && url.pathname.startsWith('/p/') ? {} : proofFor(url, account);
      const { bytes, headers } = await download(outbound, { url, headers: proof, ...limits });
      return { bytes, version: headers['version-id'] ?? artifact.version };
    },
  };
}

/** docs.oracle.com/en-us/iaas/api/#/en/objectstorage: `/n/{namespace}/b/{bucket}/o/{object}`. */
function objectUrl({ account, artifact }: FetchRequest): URL {
  const [, bucket = '', object = '', inText] = /^oci:\/\/([^/#]+)\/([^#]+)(?:#(.+))?$/.exec(artifact.reference) ?? [];
  if (bucket === '') {
    throw new Failure('fetchNotPossible', 'The reference of oracle/object must be like oci://bucket/path#version');
  }
  const url = below(accountBase(account, 'oracle/object'), 'b', bucket, 'o');
  url.pathname += `/${encodeURIComponent(object)}`;
  const version = artifact.version ?? inText;
  if (version !== undefined) url.searchParams.set('versionId', version);
  return url;
}
