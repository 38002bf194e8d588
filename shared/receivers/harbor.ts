import { z } from 'zod';
import type { DeliveredEvent } from '../domain/delivery.ts';
import { someText } from './body-text.ts';
import { harborScan, type ScannedResource, scannedResource } from './harbor-scan.ts';
import { bodyKey, imageEvent, repositoryOf } from './image-event.ts';
import { epochSeconds, parseTime, readJson } from './read-json.ts';
import type { ParseContext, Parsed, ReceiverType } from './receiver-type.ts';
import { secretHeaderFault, verifySecretHeader } from './secret-header.ts';

/** goharbor/harbor `src/pkg/notifier/model/event.go`: what both formats carry. */
const EventData = z.object({
  resources: z.array(scannedResource).max(1000).nullish(),
  repository: z.object({ repo_full_name: someText }).nullish(),
  scan: z.object({ scan_type: someText }).nullish(),
});
/** `src/pkg/notifier/formats/default.go`, and `cloudevents.go`, whose `data` is the other's `event_data`. */
const Hook = z.object({
  type: z.string().max(128),
  occur_at: z.number().nullish(),
  time: someText,
  operator: someText,
  event_data: EventData.nullish(),
  data: EventData.nullish(),
});

type What = 'push' | 'delete' | 'scanComplete' | 'scanFailed';

/** A scan that was stopped has no result; replication, quota and retention move no tag of ours. */
const kinds = new Map<string, What>([
  ['PUSH_ARTIFACT', 'push'],
  ['DELETE_ARTIFACT', 'delete'],
  ['SCANNING_COMPLETED', 'scanComplete'],
  ['SCANNING_FAILED', 'scanFailed'],
  ['harbor.artifact.pushed', 'push'],
  ['harbor.artifact.deleted', 'delete'],
  ['harbor.scan.completed', 'scanComplete'],
  ['harbor.scan.failed', 'scanFailed'],
]);

/** Harbor, payload format `Default` or `CloudEvents`. */
export const harbor: ReceiverType = {
  type: 'harbor',
  bodyTypes: ['application/json', 'application/cloudevents+json'],
  proof: 'own',
  secretFault: secretHeaderFault,
  verify: (raw, { secrets }) => verifySecretHeader(raw, 'authorization', secrets),
  parse(delivery, context) {
    const read = readJson(delivery.body, Hook);
    if (read.kind === 'malformed') return read;
    const parsed = parseHook(read.value, context);
    // Its CloudEvents id is made anew for each policy; the bytes are the same when it sends again.
    return parsed.kind === 'malformed' ? parsed : { ...parsed, key: bodyKey(delivery.body) };
  },
};

function parseHook(hook: z.infer<typeof Hook>, context: ParseContext): Parsed {
  const what = kinds.get(hook.type);
  const data = hook.event_data ?? hook.data;
  if (what === undefined) return { kind: 'events', events: [] };
  if (!data) return { kind: 'malformed', message: 'The body does not fit: event_data: absent.' };
  // A completed SBOM says nothing of vulnerabilities: taken for a scan, it would be a clean one.
  if (what.startsWith('scan') && data.scan?.scan_type?.toLowerCase() === 'sbom') return { kind: 'events', events: [] };
  const at = parseTime(hook.time ?? undefined) ?? epochSeconds(hook.occur_at);
  const events: DeliveredEvent[] = [];
  for (const [index, resource] of (data.resources ?? []).entries()) {
    const repository = resourceRepository(resource, data.repository?.repo_full_name, context);
    if (repository === undefined) {
      const message = `event_data.resources.${index}: resource_url and repository.repo_full_name name no repository.`;
      return { kind: 'malformed', message };
    }
    events.push(...resourceEvent(what, { ...resource, repository, at, actor: hook.operator }));
  }
  return { kind: 'events', events };
}

type Resource = ScannedResource & { readonly repository: string; readonly at?: number; readonly actor?: string | null };

/** Of a push without a tag Harbor writes the digest into `tag`, which is no tag by its signs. */
function resourceEvent(what: What, resource: Resource): readonly DeliveredEvent[] {
  if (what === 'push' || what === 'delete') return imageEvent(what, resource);
  return harborScan(resource, what === 'scanComplete');
}

function resourceRepository(
  { resource_url: url }: ScannedResource,
  fullName: string | null | undefined,
  { registry }: ParseContext,
): string | undefined {
  const host = registry ?? url?.slice(0, Math.max(0, url.indexOf('/')));
  return repositoryOf(host, fullName ?? url?.slice(url.indexOf('/') + 1).split(/[:@]/, 1)[0]);
}
