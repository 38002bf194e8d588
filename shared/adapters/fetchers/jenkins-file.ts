import { Failure } from '../../domain/failure.ts';
import type { ArtifactFetcher } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { download } from './download.ts';
import { accountBase, below, proofFor } from './place.ts';

/** As Spinnaker writes it: the reference is a path from the controller's address, `/job/{job}/{build}/artifact/{path}`. */
export function createJenkinsFile(outbound: Outbound): ArtifactFetcher {
  return {
    type: 'jenkins/file',
    accountTypes: ['jenkins', 'http'],
    async fetch({ artifact, account, ...limits }) {
      const base = accountBase(account, 'jenkins/file');
      const url = below(base, ...pathOf(artifact.reference, base));
      const { bytes } = await download(outbound, { url, headers: proofFor(url, account), ...limits });
      return { bytes };
    },
  };
}

/** Also the whole address, if it is below the account's. */
function pathOf(reference: string, base: URL): readonly string[] {
  const origin = `${base.origin}${base.pathname.replace(/\/+$/, '')}/`;
  const path = reference.startsWith(origin) ? reference.slice(origin.length) : reference;
  if (/^[a-z][a-z0-9+.-]*:/i.test(path) || /[?#]/.test(path)) {
    const form = `a path from ${base.host}, such as /job/shop/7/artifact/target/shop.war`;
    throw new Failure('fetchNotPossible', `The reference of jenkins/file must be ${form}`);
  }
  return path.split('/').map(decoded);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
