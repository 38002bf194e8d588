import { z } from 'zod';
import { parseDigest } from '../domain/digest.ts';
import { someText } from './body-text.ts';
import { bodyKey, imageEvent, repositoryOf } from './image-event.ts';
import { parseTime, readJson } from './read-json.ts';
import type { ParseContext, Parsed } from './receiver-type.ts';

/** Only what is read of octokit/webhooks `payload-examples/api.github.com/{package,registry_package}/published.docker`. */
const Package = z.object({
  name: someText,
  namespace: someText,
  package_type: someText,
  registry: z.object({ type: someText }).nullish(),
  package_version: z
    .object({
      version: someText,
      package_url: someText,
      updated_at: someText,
      container_metadata: z
        .object({
          tag: z.object({ name: someText }).nullish(),
          manifest: z.object({ digest: someText, media_type: someText }).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});
const Hook = z.object({
  action: z.string().max(64),
  package: Package.nullish(),
  registry_package: Package.nullish(),
  sender: z.object({ login: someText }).nullish(),
});

type Published = z.infer<typeof Package>;

/**
 * `package` and `registry_package`: a container in GHCR was published or its tags changed. A repository that subscribed to both
 * gets both for one push; one run comes of it, since both name the same digest and tag.
 */
export function parsePackage(body: Uint8Array, context: ParseContext): Parsed {
  const read = readJson(body, Hook);
  if (read.kind === 'malformed') return read;
  const { action, sender, package: plain, registry_package: registered } = read.value;
  const published = plain ?? registered;
  const key = bodyKey(body);
  if (!published) return { kind: 'malformed', message: 'The body does not fit: package: absent.' };
  if (!['published', 'updated'].includes(action) || !isContainer(published)) return { kind: 'events', events: [], key };
  const version = published.package_version;
  const { container_metadata: metadata, updated_at: updatedAt } = version ?? {};
  const repository = packageRepository(published, context);
  if (repository === undefined)
    return { kind: 'malformed', message: 'package_version.package_url names no repository.' };
  const digest = parseDigest(version?.version ?? '') ?? metadata?.manifest?.digest;
  const told = { repository, digest, tag: metadata?.tag?.name, mediaType: metadata?.manifest?.media_type };
  const at = parseTime(updatedAt ?? undefined);
  return { kind: 'events', events: imageEvent('push', { ...told, at: at || undefined, actor: sender?.login }), key };
}

/** `package_type` says `npm` in GitHub's own examples of containers, so what only containers have decides. */
function isContainer({ package_type: type, registry, package_version: version }: Published): boolean {
  const types = [type, registry?.type].map((text) => text?.toLowerCase());
  return Boolean(version?.container_metadata) || types.includes('container') || types.includes('docker');
}

/** `ghcr.io/Owner/name:tag`, or with nothing after the colon; the host is believed as far as `repositories` goes. */
function packageRepository(published: Published, { registry }: ParseContext): string | undefined {
  const url = published.package_version?.package_url?.split('@', 1)[0] ?? '';
  const slash = url.indexOf('/');
  const colon = url.lastIndexOf(':');
  const named = slash > 0 ? url.slice(slash + 1, colon > slash ? colon : undefined) : undefined;
  const path = named ?? [published.namespace, published.name].filter(Boolean).join('/');
  return repositoryOf(registry ?? (slash > 0 ? url.slice(0, slash) : 'ghcr.io'), path);
}
