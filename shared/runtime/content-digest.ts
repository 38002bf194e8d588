import { createHash } from 'node:crypto';
import { HttpProblem } from './http-problem.ts';

const algorithms: ReadonlyMap<string, string> = new Map([
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
]);

/**
 * Checks a `Content-Digest` header (RFC 9530, section 2), a dictionary of base64 between colons: `sha-256=:…:`. Without one there is
 * nothing to check. 400 malformed where it cannot be read or names neither sha-256 nor sha-512, 422 digestMismatch for other bytes.
 */
export function checkContentDigest(header: string | undefined, bytes: Uint8Array): void {
  if (header === undefined) return;
  const digests = header
    .split(',')
    .map((member) => /^\s*([a-z0-9*_.-]+)=:([A-Za-z0-9+/]*={0,2}):\s*(?:;.*)?$/.exec(member));
  if (digests.some((found) => found === null)) throw malformed('is not like sha-256=:…:, base64 between colons');
  const known = digests.flatMap((found) => {
    const algorithm = algorithms.get(found?.[1] ?? '');
    return algorithm === undefined ? [] : [{ name: found?.[1] ?? '', algorithm, value: found?.[2] ?? '' }];
  });
  if (known.length === 0) throw malformed('names neither sha-256 nor sha-512');
  for (const { name, algorithm, value } of known) {
    const actual = createHash(algorithm).update(bytes).digest('base64');
    if (actual === value) continue;
    const detail = `The ${name} of the ${bytes.length} bytes that came is ${actual}, but Content-Digest says ${value}.`;
    throw new HttpProblem(422, 'digestMismatch', detail);
  }
}

/** The header for bytes whose sha256 is known, in hex. */
export function contentDigest(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`;
}

function malformed(what: string): HttpProblem {
  return new HttpProblem(400, 'malformed', `The header Content-Digest ${what} (RFC 9530).`);
}
