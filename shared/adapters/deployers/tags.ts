import type { Digest } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import type { RegistryClient } from '../../ports/registry-client.ts';

export interface TagsOfDigest {
  readonly repository: string;
  readonly digest: Digest;
  readonly tags: readonly string[];
  readonly overwrite: boolean;
}

/** The tags that are not on the digest yet. Failure tagExists for one that is on another, unless it may be moved. */
export async function tagsToPut(registry: RegistryClient, wanted: TagsOfDigest): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const tag of wanted.tags) {
    const present = await findTag(registry, wanted.repository, tag);
    if (present === wanted.digest) continue;
    if (present !== undefined && !wanted.overwrite) {
      const message = `${wanted.repository}:${tag} is ${present} already; set overwrite to move it to ${wanted.digest}`;
      throw new Failure('tagExists', message);
    }
    missing.push(tag);
  }
  return missing;
}

/** The first tag that is not on the digest, with what it is on. */
export async function findOtherTag(
  registry: RegistryClient,
  { repository, digest, tags }: TagsOfDigest,
): Promise<{ readonly message: string; readonly observed?: Digest } | undefined> {
  for (const tag of tags) {
    const observed = await findTag(registry, repository, tag);
    if (observed === digest) continue;
    return { message: `${repository}:${tag} is ${observed ?? 'not there'} after it was put on ${digest}`, observed };
  }
  return undefined;
}

async function findTag(registry: RegistryClient, repository: string, tag: string): Promise<Digest | undefined> {
  try {
    return (await registry.resolveTag(repository, tag)).digest;
  } catch (error) {
    if (error instanceof Failure && error.code === 'manifestUnknown') return undefined;
    throw error;
  }
}
