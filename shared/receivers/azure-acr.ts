import { z } from 'zod';
import type { DeliveredEvent, RawDelivery } from '../domain/delivery.ts';
import { someText } from './body-text.ts';
import { bodyKey, imageEvent, repositoryOf } from './image-event.ts';
import { parseTime, readJson } from './read-json.ts';
import type { Handshake, ParseContext, Parsed, ReceiverType } from './receiver-type.ts';
import { secretHeaderFault, verifySecretHeader } from './secret-header.ts';
import { webHookPreflight } from './web-hook-preflight.ts';

/** learn.microsoft.com/azure/container-registry/container-registry-webhook-reference; Event Grid has the same under `data`. */
const notification = z.object({
  id: someText,
  timestamp: someText,
  action: someText,
  target: z.object({ mediaType: someText, digest: someText, repository: someText, tag: someText }).nullish(),
  request: z.object({ host: someText }).nullish(),
});
/** An event of either schema: `eventType` is Event Grid's, `type` CloudEvents'. */
const Hook = notification.extend({
  eventType: someText,
  type: someText,
  eventTime: someText,
  time: someText,
  data: notification.nullish(),
});
/** Event Grid's schema is a list even of one; CloudEvents is one or, in batches, a list. */
const Hooks = z.union([z.array(Hook).max(5000), Hook.transform((one) => [one])]);

type Hooked = z.infer<typeof Hook>;

/** Charts, quarantine and `ping` are no images. */
const kinds = new Map<string | null | undefined, 'push' | 'delete'>([
  ['push', 'push'],
  ['delete', 'delete'],
  ['Microsoft.ContainerRegistry.ImagePushed', 'push'],
  ['Microsoft.ContainerRegistry.ImageDeleted', 'delete'],
]);

/** Azure Container Registry, by its own web hook or through Event Grid, in either of its schemas. */
export const azureAcr: ReceiverType = {
  type: 'azure-acr',
  bodyTypes: ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'],
  proof: 'own',
  secretFault: secretHeaderFault,
  verify: (raw, { secrets }) => verifySecretHeader(raw, 'authorization', secrets),
  preflight: webHookPreflight,
  handshake,
  parse(delivery, context) {
    const read = readJson(delivery.body, Hooks);
    if (read.kind === 'malformed') return read;
    const parsed = parseHooks(read.value, context);
    return parsed.kind === 'malformed' ? parsed : { ...parsed, key: deliveryKey(read.value, delivery.body) };
  },
};

function parseHooks(hooks: readonly Hooked[], context: ParseContext): Parsed {
  const events: DeliveredEvent[] = [];
  for (const [index, hook] of hooks.entries()) {
    const kind = kinds.get(hook.eventType ?? hook.type ?? hook.action);
    const { target, request, timestamp } = hook.data ?? hook;
    if (kind === undefined || !target) continue;
    const repository = repositoryOf(context.registry ?? request?.host, target.repository);
    if (repository === undefined)
      return { kind: 'malformed', message: `${index}: request.host and target.repository name no repository.` };
    const at = parseTime(timestamp ?? hook.eventTime ?? hook.time ?? undefined);
    events.push(...imageEvent(kind, { ...target, repository, at }));
  }
  return { kind: 'events', events };
}

/** Every event has an id, which is the same when it is sent again. */
function deliveryKey(hooks: readonly Hooked[], body: Uint8Array): string {
  const ids = hooks.flatMap(({ id, data }) => id || data?.id || []);
  return ids.length > 0 && ids.length === hooks.length ? `ids:${JSON.stringify(ids)}` : bodyKey(body);
}

const Validation = z
  .array(z.object({ eventType: z.string(), data: z.object({ validationCode: z.string() }) }))
  .length(1);

/**
 * Event Grid asks before it subscribes, with the headers of a subscription or without; the code goes back
 * (learn.microsoft.com/azure/event-grid/webhook-event-delivery). Knowing it is what proves the endpoint, and nothing of ours.
 */
function handshake({ headers, body }: RawDelivery): Handshake | undefined {
  if (headers['aeg-event-type'] !== 'SubscriptionValidation' || body.length > 64 * 1024) return undefined;
  const read = readJson(body, Validation);
  const [event] = read.kind === 'ok' ? read.value : [];
  const code = event?.data.validationCode ?? '';
  if (event?.eventType !== 'Microsoft.EventGrid.SubscriptionValidationEvent') return undefined;
  if (!/^[A-Za-z0-9-]{1,128}$/.test(code)) return undefined;
  const answer = JSON.stringify({ validationResponse: code });
  return { status: 200, headers: { 'content-type': 'application/json' }, body: answer };
}
