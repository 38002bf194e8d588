import { z } from 'zod';
import type { DeliveredEvent } from '../domain/delivery.ts';
import { someText } from './body-text.ts';
import { hmacSecretFault, verifyHmacHeader } from './hmac-header.ts';
import { bodyKey, imageEvent, repositoryOf } from './image-event.ts';
import { parseTime, readJson } from './read-json.ts';
import type { ParseContext, ReceiverType } from './receiver-type.ts';

/** sonatype/nexus-public `components/nexus-repository-content/…/webhooks/Repository{Component,Asset}Webhook.java`. */
const Hook = z.object({
  timestamp: someText,
  initiator: someText,
  repositoryName: someText,
  action: someText,
  component: z.object({ format: someText, name: someText, version: someText }).nullish(),
  asset: z.object({ format: someText, name: someText }).nullish(),
});

type Hooked = z.infer<typeof Hook>;

/** PURGED carries ids of what is gone and no names. */
const kinds = new Map<string | null | undefined, 'push' | 'delete'>([
  ['CREATED', 'push'],
  ['UPDATED', 'push'],
  ['DELETED', 'delete'],
]);

/**
 * Sonatype Nexus 3, component and asset events. A component has a tag and no digest; an asset has either. It never says its
 * host: `registry` is it, and with `layout: path` the repository's name stands behind it.
 */
export const nexus: ReceiverType = {
  type: 'nexus',
  bodyTypes: ['application/json'],
  proof: 'own',
  needsRegistry: true,
  settings: z.strictObject({ layout: z.enum(['port', 'path']).default('port') }),
  secretFault: hmacSecretFault,
  verify: (raw, { secrets }) =>
    verifyHmacHeader(raw, secrets, { header: 'x-nexus-webhook-signature', algorithm: 'sha1' }),
  parse(delivery, context) {
    const read = readJson(delivery.body, Hook);
    if (read.kind === 'malformed') return read;
    const kind = kinds.get(read.value.action);
    const image = kind && namedImage(read.value);
    const key = bodyKey(delivery.body);
    if (kind === undefined || image === undefined) return { kind: 'events', events: [], key };
    const repository = imageRepository(image.name, read.value, context);
    if (repository === undefined)
      return { kind: 'malformed', message: 'The name of the component names no repository.' };
    const actor = read.value.initiator?.split('/', 1)[0];
    const at = parseTime(withColon(read.value.timestamp));
    const events: readonly DeliveredEvent[] = imageEvent(kind, { repository, ...image, at, actor });
    return { kind: 'events', events, key };
  },
};

interface NamedImage {
  readonly name: string;
  readonly tag?: string | null;
  readonly digest?: string;
}

function namedImage({ component, asset }: Hooked): NamedImage | undefined {
  if (component?.format === 'docker' && component.name) return { name: component.name, tag: component.version };
  // `v2/<image>/manifests/<tag or digest>`; blobs and everything else are no images.
  const path =
    asset?.format === 'docker' ? /^\/?v2\/(.{1,512})\/manifests\/([^/]{1,200})$/.exec(asset.name ?? '') : null;
  const [, name, reference] = path ?? [];
  if (name === undefined || reference === undefined) return undefined;
  return reference.includes(':') ? { name, digest: reference } : { name, tag: reference };
}

function imageRepository(
  image: string,
  { repositoryName }: Hooked,
  { registry, settings }: ParseContext,
): string | undefined {
  return repositoryOf(registry, settings.layout === 'path' ? `${repositoryName ?? ''}/${image}` : image);
}

/** Jackson writes zones as `+0000`. */
function withColon(time: string | null | undefined): string | undefined {
  return time?.replace(/([+-]\d\d)(\d\d)$/, '$1:$2');
}
