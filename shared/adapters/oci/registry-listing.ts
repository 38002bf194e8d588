import { z } from 'zod';
import { parseDigest } from '../../domain/digest.ts';
import { Failure } from '../../domain/failure.ts';
import { manifestMediaTypes } from '../../domain/manifest.ts';
import { isRepository, isTag, splitRepository } from '../../domain/reference.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Outbound } from '../../ports/outbound.ts';
import type { RegistryAccounts } from '../../ports/registry-client.ts';
import type { RegistryListing } from '../../ports/registry-listing.ts';
import { parseJson } from './faults.ts';
import { createTransport } from './transport.ts';

export interface RegistryListingPorts {
  readonly outbound: Outbound;
  readonly accounts: RegistryAccounts;
  readonly clock: Clock;
}

/** OCI distribution, "Listing Tags". Null stands for none in some registries. */
const TagList = z.object({ tags: z.array(z.string().max(256)).nullish() });

const pageSize = 1000;
const maxListBytes = 1024 * 1024;
const timeoutMs = 30_000;
const longestQuery = 2048;

/** Tags of any OCI registry, with the account of its host. */
export function createRegistryListing(ports: RegistryListingPorts): RegistryListing {
  const transport = createTransport(ports);
  const common = { maxBytes: maxListBytes, timeoutMs, missing: 'manifestUnknown' } as const;
  return {
    hasOwnRights: () => false,
    async tags(repository, { cursor, asker }) {
      const place = placeOf(repository);
      const what = `tags of ${repository}`;
      const route = `tags/list?${cursor ?? `n=${pageSize}`}`;
      const answer = await transport.call({ ...common, ...place, method: 'GET', route, what, asker });
      const read = TagList.safeParse(parseJson(await bytesOf(answer.body)));
      if (!read.success) throw new Failure('registryUnavailable', `${what}: the answer is no list of tags`);
      const items = (read.data.tags ?? []).filter(isTag).map((tag) => ({ tag }));
      const next = nextQuery(answer.headers.link);
      return next === undefined ? { items } : { items, next };
    },
    async hint(repository, tag, asker) {
      const headers = { accept: manifestMediaTypes.join(', ') };
      const what = `manifest ${tag} of ${repository}`;
      const route = `manifests/${tag}`;
      const call = { ...common, ...placeOf(repository), method: 'HEAD', route, headers, what, asker } as const;
      const answer = await transport.call(call);
      await bytesOf(answer.body);
      return parseDigest(answer.headers['docker-content-digest'] ?? '');
    },
  };
}

function placeOf(repository: string): { readonly host: string; readonly path: string } {
  if (isRepository(repository)) return splitRepository(repository);
  throw new Failure('manifestUnknown', `"${repository.slice(0, 300)}" is not a repository`);
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** RFC 8288. Only the query is taken: where to ask, and with which credentials, is not the registry's to say. */
function nextQuery(link: string | undefined): string | undefined {
  const [, target] = /^\s*<([^<>]{1,4096})>\s*;[^,]{0,200}\brel="?next"?/.exec(link ?? '') ?? [];
  const query = target?.split('?')[1]?.split('#')[0];
  return query !== undefined && /^[\x21-\x7e]+$/.test(query) && query.length <= longestQuery ? query : undefined;
}
