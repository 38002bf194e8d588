import { createHash } from 'node:crypto';
import type { Artifact } from '../../domain/artifact.ts';
import { Failure } from '../../domain/failure.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { type Download, findDownload } from './download.ts';

/** Strongest first: the first one that a repository has is checked. */
const algorithms = ['sha256', 'sha1', 'md5'] as const;
type Algorithm = (typeof algorithms)[number];

const hexLength: Readonly<Record<Algorithm, number>> = { sha256: 64, sha1: 40, md5: 32 };
const maxChecksumBytes = 4096;

/** Failure checksumMismatch if the bytes are not those that the checksum is of. `expected` is hex, either case. */
export function checkChecksum(
  bytes: Uint8Array,
  expected: { readonly algorithm: Algorithm; readonly hex: string },
): void {
  const { algorithm, hex } = expected;
  const actual = createHash(algorithm).update(bytes).digest('hex');
  if (actual === hex.toLowerCase()) return;
  throw new Failure(
    'checksumMismatch',
    `The ${algorithm} of what came is ${actual}, but ${hex.toLowerCase()} was expected`,
  );
}

/** Checks bytes against what the artifact itself says of them: `sha256` or `md5` in its metadata, or a version `sha256:…`. */
export function checkStated(bytes: Uint8Array, { type, version = '', metadata }: Artifact): void {
  for (const algorithm of algorithms) {
    const stated = Object.hasOwn(metadata, algorithm) ? metadata[algorithm] : undefined;
    if (stated === undefined || stated === '') continue;
    if (typeof stated !== 'string' || !isHexOf(stated, algorithm)) {
      throw new Failure('checksumMismatch', `metadata.${algorithm} is no ${algorithm} in hex`);
    }
    checkChecksum(bytes, { algorithm, hex: stated });
  }
  // The version of an OCI chart is its manifest's digest.
  const hex = type === 'helm/image' ? undefined : /^sha256:([0-9a-f]{64})$/.exec(version)?.[1];
  if (hex !== undefined) checkChecksum(bytes, { algorithm: 'sha256', hex });
}

function isHexOf(text: string, algorithm: Algorithm): boolean {
  return text.length === hexLength[algorithm] && /^[0-9a-f]+$/i.test(text);
}

/** Checks bytes against the checksum file beside them, as Maven and Ivy repositories keep one: `<file>.sha256`, else `.sha1`, else `.md5`. */
export async function checkBeside(outbound: Outbound, file: Download, bytes: Uint8Array): Promise<void> {
  for (const algorithm of algorithms) {
    const url = new URL(file.url);
    url.pathname += `.${algorithm}`;
    const found = await findDownload(outbound, { ...file, url, maxBytes: maxChecksumBytes });
    const hex = found === undefined ? undefined : firstWord(found.bytes);
    if (hex === undefined || !isHexOf(hex, algorithm)) continue;
    checkChecksum(bytes, { algorithm, hex });
    return;
  }
}

/** Some repositories write the file's name behind the checksum. */
function firstWord(bytes: Uint8Array): string | undefined {
  return Buffer.from(bytes).toString('latin1').trim().split(/\s+/)[0];
}
