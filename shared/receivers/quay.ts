import { z } from 'zod';
import { someText } from './body-text.ts';
import { imageEvent, repositoryOf } from './image-event.ts';
import { querySecretFault, verifyQuerySecret } from './query-secret.ts';
import { readJson } from './read-json.ts';
import type { ReceiverType } from './receiver-type.ts';

/** quay/quay `notifications/notificationevent.py`; older ones map each tag to an image id. What it is, its shape says. */
const Hook = z.object({
  repository: someText,
  docker_url: someText,
  updated_tags: z.union([z.array(z.string().max(256)).max(1000), z.record(z.string(), z.unknown())]).nullish(),
});

/**
 * Quay: a push of tags, without digest, time or id, so two equal calls are two pushes. Vulnerabilities come one by one and
 * never say that a scan is over: they are no scan result.
 */
export const quay: ReceiverType = {
  type: 'quay',
  bodyTypes: ['application/json'],
  proof: 'query',
  secretFault: querySecretFault,
  verify: verifyQuerySecret,
  parse(delivery, { registry }) {
    const read = readJson(delivery.body, Hook);
    if (read.kind === 'malformed') return read;
    const { repository: path, docker_url: url, updated_tags: updated } = read.value;
    if (!updated) return { kind: 'events', events: [] };
    const slash = url?.indexOf('/') ?? -1;
    const repository = repositoryOf(registry ?? url?.slice(0, Math.max(0, slash)), path ?? url?.slice(slash + 1));
    if (repository === undefined)
      return { kind: 'malformed', message: 'docker_url and repository name no repository.' };
    const tags = Array.isArray(updated) ? updated : Object.keys(updated).slice(0, 1000);
    return { kind: 'events', events: [...new Set(tags)].flatMap((tag) => imageEvent('push', { repository, tag })) };
  },
};
