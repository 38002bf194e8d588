import { Failure } from '../../domain/failure.ts';
import type { ArtifactFetcher } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { checkChecksum } from './checksum.ts';
import { download } from './download.ts';
import { originOf } from './git-hosts.ts';
import { proofFor } from './place.ts';

const defaultHost = 'storage.googleapis.com';

/** Reference `gs://{bucket}/{object}`, the generation as the version or behind `#`. By the JSON API with the account's bearer token. */
export function createGcsObject(outbound: Outbound): ArtifactFetcher {
  return {
    type: 'gcs/object',
    accountTypes: ['gcs'],
    async fetch({ artifact, account, ...limits }) {
      const [, bucket = '', object = '', inText] =
        /^gs:\/\/([^/#]+)\/([^#]+)(?:#(\d+))?$/.exec(artifact.reference) ?? [];
      if (bucket === '') {
        throw new Failure('fetchNotPossible', 'The reference of gcs/object must be like gs://bucket/path#generation');
      }
      const origin = originOf(account?.account.host ?? defaultHost, account?.account);
      const url = new URL(`/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(object)}`, origin);
      url.searchParams.set('alt', 'media');
      const wanted = generationOf(artifact.version) ?? inText;
      if (wanted !== undefined) url.searchParams.set('generation', wanted);
      const { bytes, headers } = await download(outbound, {
        url,
        headers: proofFor(url, account, defaultHost),
        ...limits,
      });
      checkHash(bytes, headers['x-goog-hash']);
      return { bytes, version: headers['x-goog-generation'] ?? wanted };
    },
  };
}

function generationOf(version: string | undefined): string | undefined {
  if (version === undefined || version === '' || /^\d+$/.test(version)) return version || undefined;
  throw new Failure(
    'fetchNotPossible',
    `The version of gcs/object is a generation, a number, not ${version.slice(0, 50)}`,
  );
}

/** cloud.google.com/storage/docs/xml-api/reference-headers#xgooghash: `crc32c=…,md5=…` in base64. */
function checkHash(bytes: Uint8Array, header: string | undefined): void {
  const md5 = /(?:^|,)\s*md5=([A-Za-z0-9+/]{22}==)/.exec(header ?? '')?.[1];
  if (md5 !== undefined) checkChecksum(bytes, { algorithm: 'md5', hex: Buffer.from(md5, 'base64').toString('hex') });
}
