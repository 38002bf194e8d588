import { Failure } from '../../domain/failure.ts';
import type { ArtifactFetcher } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { checkBeside } from './checksum.ts';
import { download } from './download.ts';
import { accountBase, below, proofFor } from './place.ts';

interface Coordinates {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  readonly extension: string;
  readonly classifier?: string;
}

/**
 * Reference: Maven coordinates `group:artifact[:extension[:classifier]]:version`, or without the version where the artifact has
 * one. The account is the repository. The checksum file beside it is checked where there is one.
 */
export function createMavenFile(outbound: Outbound): ArtifactFetcher {
  return {
    type: 'maven/file',
    accountTypes: ['maven', 'http'],
    async fetch({ artifact, account, ...limits }) {
      const coordinates = parseCoordinates(artifact.reference, artifact.version);
      const url = below(accountBase(account, 'maven/file'), mavenPath(coordinates));
      const file = { url, headers: proofFor(url, account), ...limits };
      const { bytes } = await download(outbound, file);
      await checkBeside(outbound, file, bytes);
      return { bytes, version: coordinates.version };
    },
  };
}

/** maven.apache.org/repositories/layout.html */
function mavenPath({ group, artifact, version, extension, classifier }: Coordinates): string {
  const suffix = classifier === undefined ? '' : `-${classifier}`;
  return `${group.replaceAll('.', '/')}/${artifact}/${version}/${artifact}-${version}${suffix}.${extension}`;
}

/** As Maven's own resolver reads them (org.eclipse.aether.artifact.DefaultArtifact). */
function parseCoordinates(reference: string, given: string | undefined): Coordinates {
  const parts = reference.split(':');
  const [group = '', artifact = '', ...rest] = parts;
  const inText = parts.length > 2 ? rest.at(-1) : undefined;
  const [extension = 'jar', classifier] = rest.slice(0, -1);
  const version = inText ?? given ?? '';
  const texts = [group, artifact, version, extension, ...(classifier === undefined ? [] : [classifier])];
  if (parts.length > 5 || texts.some((text) => !/^[\w.+~-]+$/.test(text))) {
    const form = 'group:artifact:version or group:artifact:extension:classifier:version';
    throw new Failure('fetchNotPossible', `The reference of maven/file must be coordinates, ${form}`);
  }
  if (/-SNAPSHOT$|^(?:LATEST|RELEASE)$/.test(version)) {
    throw new Failure('fetchNotPossible', `Maven version ${version} moves; name a released or a timestamped one`);
  }
  return { group, artifact, version, extension, classifier };
}
