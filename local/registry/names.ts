// Grammar: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
const repositoryPath = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagName = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** A repository's name within this registry, without host. The grammar has no `..` and no leading `_`, so it is safe as a path. */
export function isRepositoryPath(text: string): boolean {
  return text.length <= 255 && repositoryPath.test(text);
}

export function isTagName(text: string): boolean {
  return tagName.test(text);
}

/**
 * A tag as a file name: lower case plus a hex mask of the capitals, since `V1` and `v1` are two tags and one file on file systems
 * that fold case.
 */
export function tagToFileName(tag: string): string {
  let mask = 0n;
  for (let index = 0; index < tag.length; index += 1) {
    if (/[A-Z]/.test(tag.charAt(index))) mask |= 1n << BigInt(index);
  }
  return `${tag.toLowerCase()}~${mask.toString(16)}`;
}

export function parseTagFileName(fileName: string): string | undefined {
  const parts = /^([a-z0-9_][a-z0-9._-]{0,127})~([0-9a-f]{1,32})$/.exec(fileName);
  if (parts?.[1] === undefined) return undefined;
  const mask = BigInt(`0x${parts[2]}`);
  return Array.from(parts[1], (letter, index) => ((mask >> BigInt(index)) & 1n ? letter.toUpperCase() : letter)).join(
    '',
  );
}
