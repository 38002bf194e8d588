import type { ArtifactFetcher } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { download } from './download.ts';
import { proofFor, webUrl } from './place.ts';

/** A file under a URL; Flow's `flowPublic` is one, too. */
export function createHttpFile(outbound: Outbound): ArtifactFetcher {
  return {
    type: 'http/file',
    accountTypes: ['http'],
    async fetch({ artifact, account, ...limits }) {
      const url = webUrl(artifact.reference, 'http/file');
      const { bytes } = await download(outbound, { url, headers: proofFor(url, account), ...limits });
      return { bytes };
    },
  };
}
