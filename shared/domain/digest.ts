declare const digestBrand: unique symbol;

/** `sha256:` and 64 lower-case hex digits. The only thing that a deploy step accepts as an image's version. */
export type Digest = string & { readonly [digestBrand]: true };

/** `isDigest` and `Digest` are the wall between a tag (a question) and a digest (an answer). */
export function isDigest(text: string): text is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

export function parseDigest(text: string): Digest | undefined {
  return isDigest(text) ? text : undefined;
}

/** The hex part, as in-toto subjects and file names want it. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
