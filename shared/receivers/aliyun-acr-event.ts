import { z } from 'zod';
import type { DeliveredEvent, VerifiedDelivery } from '../domain/delivery.ts';
import { parseDigest } from '../domain/digest.ts';
import { isTag } from '../domain/reference.ts';
import { isRegion } from './aliyun-region.ts';
import { someText } from './body-text.ts';
import { bodyKey, imageEvent, repositoryOf } from './image-event.ts';
import { parseTime, readJson } from './read-json.ts';
import type { ParseContext, Parsed } from './receiver-type.ts';

/** alibabacloud.com/help/eventbridge/user-guide/container-registry-events. Only a build's status has a documented name. */
const CloudEvent = z.object({
  id: someText,
  source: someText,
  type: z.string().max(128),
  time: someText,
  data: z
    .object({
      InstanceName: someText,
      RegionId: someText,
      RepoNamespaceName: someText,
      RepoName: someText,
      Tag: someText,
      Digest: someText,
      ScanStatus: someText,
      BuildStatus: someText,
      Status: someText,
    })
    .nullish(),
});

type Data = NonNullable<z.infer<typeof CloudEvent>['data']>;

const good: readonly string[] = ['SUCCESS', 'COMPLETE', 'COMPLETED', 'FINISHED', 'SUCCEEDED'];

/**
 * Container Registry's events. Each "Completed" says that something ended, well or badly; of a scan it is at most a reason to
 * ask, so its numbers are nobody's (`uncounted`). A build that ended well has pushed.
 */
export function parseAcrEvent(delivery: VerifiedDelivery, context: ParseContext): Parsed {
  const read = readJson(delivery.body, CloudEvent);
  if (read.kind === 'malformed') return read;
  const { id, source, type, time, data } = read.value;
  const key = id ? `id:${JSON.stringify([source ?? '', id])}` : bodyKey(delivery.body);
  const told = source === 'acs.cr' ? whatHappened(type, data) : undefined;
  if (told === undefined || !data) return { kind: 'events', events: [], key };
  const repository = dataRepository(data, context);
  if (repository === undefined)
    return { kind: 'malformed', message: 'data.RepoNamespaceName, data.RepoName and `registry` name no repository.' };
  const image = { repository, tag: data.Tag, digest: data.Digest, at: parseTime(time ?? undefined) };
  return { kind: 'events', events: told === 'push' ? imageEvent('push', image) : scanEvent(told, image), key };
}

type Told = 'push' | 'complete' | 'failed';

function whatHappened(type: string, data: Data | null | undefined): Told | undefined {
  const status = data?.ScanStatus ?? data?.Status ?? data?.BuildStatus;
  const ended = status?.toUpperCase();
  switch (type) {
    case 'cr:Artifact:PushCompleted':
      return ended === undefined || good.includes(ended) ? 'push' : undefined;
    case 'cr:Artifact:BuildCompleted':
      return ended !== undefined && good.includes(ended) ? 'push' : undefined;
    case 'cr:Artifact:ScanCompleted':
      return ended === undefined || good.includes(ended) ? 'complete' : 'failed';
    default:
      return undefined;
  }
}

interface Scanned {
  readonly repository: string;
  readonly tag?: string | null;
  readonly digest?: string | null;
  readonly at?: number;
}

function scanEvent(status: 'complete' | 'failed', scanned: Scanned): readonly DeliveredEvent[] {
  const { repository, at } = scanned;
  const digest = parseDigest(scanned.digest ?? '');
  const tag = scanned.tag && isTag(scanned.tag) ? scanned.tag : undefined;
  if (tag === undefined && digest === undefined) return [];
  const scan = { kind: 'scan', repository, tag, digest, at, severities: {} } as const;
  return [status === 'complete' ? { ...scan, status, uncounted: true } : { ...scan, status }];
}

/** The public host of an Enterprise Edition instance follows from its name and region, unless it has one of its own. */
function dataRepository(data: Data, { registry }: ParseContext): string | undefined {
  const { InstanceName: instance, RegionId: region, RepoNamespaceName: namespace, RepoName: name } = data;
  const derived =
    instance && isLabel(instance) && isRegion(region) ? `${instance}-registry.${region}.cr.aliyuncs.com` : undefined;
  return repositoryOf(registry ?? derived, `${namespace ?? ''}/${name ?? ''}`);
}

function isLabel(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,40}[a-z0-9])?$/.test(text);
}
