import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { DeliveredEvent } from '../domain/delivery.ts';
import { parseDigest } from '../domain/digest.ts';
import { isRepository, isTag } from '../domain/reference.ts';
import { parseTime, readJson } from './read-json.ts';
import type { ParseContext, Parsed, ReceiverType } from './receiver-type.ts';
import { secretHeaderFault, verifySecretHeader } from './secret-header.ts';

/** Layers and configs arrive as `push` too; only these are images (github.com/distribution/distribution, notifications). */
const manifestTypes: readonly string[] = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
];

const text = z.string().max(1024);

/** v1 is what 2.x sends (seen from Debian's 2.8.2), v2 what 3.x does; the bodies are alike. */
const eventTypes = [1, 2].map((version) => `application/vnd.docker.distribution.events.v${version}+json`);

/** Only the fields used, of the event format of notifications; others are passed over. */
const Envelope = z.object({
  events: z
    .array(
      z.object({
        id: text.optional(),
        timestamp: text.optional(),
        action: text,
        target: z
          .object({
            mediaType: text.optional(),
            digest: text.optional(),
            repository: text.optional(),
            tag: text.nullish(),
          })
          .optional(),
        request: z.object({ host: text.optional() }).optional(),
        actor: z.object({ name: text.optional() }).optional(),
      }),
    )
    .max(10_000),
});

type Notification = z.infer<typeof Envelope>['events'][number];

/** CNCF distribution ("docker registry"), and what speaks like it: `notifications.endpoints` with an Authorization header. */
export const distribution: ReceiverType = {
  type: 'distribution',
  bodyTypes: [...eventTypes, 'application/json'],
  proof: 'own',
  secretFault: secretHeaderFault,
  verify: (raw, { secrets }) => verifySecretHeader(raw, 'authorization', secrets),
  parse(delivery, context) {
    const read = readJson(delivery.body, Envelope);
    if (read.kind === 'malformed') return read;
    const parsed = parseNotifications(read.value.events, context);
    return parsed.kind === 'malformed' ? parsed : { ...parsed, key: deliveryKey(read.value.events, delivery.body) };
  },
};

function parseNotifications(notifications: readonly Notification[], context: ParseContext): Parsed {
  const events: DeliveredEvent[] = [];
  for (const [index, notification] of notifications.entries()) {
    if (!isOfInterest(notification)) continue;
    const repository = `${context.registry ?? notification.request?.host?.toLowerCase() ?? ''}/${notification.target?.repository ?? ''}`;
    if (!isRepository(repository))
      return { kind: 'malformed', message: unknownRepository(index, notification, context) };
    events.push(...registryEvent(notification, repository));
  }
  return { kind: 'events', events };
}

function isOfInterest({ action, target }: Notification): boolean {
  if (action === 'delete') return target?.digest !== undefined || Boolean(target?.tag);
  const mediaType = target?.mediaType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return action === 'push' && manifestTypes.includes(mediaType);
}

function registryEvent(notification: Notification, repository: string): readonly DeliveredEvent[] {
  const { target, actor } = notification;
  const digest = parseDigest(target?.digest ?? '');
  const tag = target?.tag && isTag(target.tag) ? target.tag : undefined;
  const common = { repository, tag, digest, at: parseTime(notification.timestamp) };
  if (tag === undefined && digest === undefined) return [];
  if (notification.action === 'delete') return [{ kind: 'delete', ...common }];
  return [{ kind: 'push', ...common, mediaType: target?.mediaType, actor: actor?.name }];
}

function unknownRepository(index: number, { request, target }: Notification, { registry }: ParseContext): string {
  const host = registry ?? request?.host;
  if (!host) return `events.${index}.request.host: absent; set the receiver's \`registry\` to the host to record.`;
  if (!target?.repository) return `events.${index}.target.repository: absent.`;
  return `events.${index}: host and target.repository do not make an OCI repository name.`;
}

/** Every event has an id of its own, which a retry repeats; without them, the body, which holds digests and times. */
function deliveryKey(notifications: readonly Notification[], body: Uint8Array): string {
  const ids = notifications.flatMap(({ id }) => id || []);
  const named = ids.length > 0 && ids.length === notifications.length;
  return named ? `ids:${JSON.stringify(ids)}` : `body:${createHash('sha256').update(body).digest('hex')}`;
}
