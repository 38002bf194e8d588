import { z } from 'zod';
import { someText } from './body-text.ts';
import { imageEvent, repositoryOf } from './image-event.ts';
import { querySecretFault, verifyQuerySecret } from './query-secret.ts';
import { epochSeconds, readJson } from './read-json.ts';
import type { ReceiverType } from './receiver-type.ts';

/** docs.docker.com/docker-hub/repos/manage/webhooks, "Example webhook payload". `callback_url` does nothing any more and is not read. */
const Hook = z.object({
  push_data: z.object({ pushed_at: z.number().nullish(), pusher: someText, tag: someText }),
  repository: z.object({ repo_name: z.string().max(512) }),
});

/** Docker Hub: one call for each pushed tag, without a digest and without any proof of its own. */
export const dockerhub: ReceiverType = {
  type: 'dockerhub',
  bodyTypes: ['application/json'],
  proof: 'query',
  secretFault: querySecretFault,
  verify: verifyQuerySecret,
  parse(delivery, { registry = 'docker.io' }) {
    const read = readJson(delivery.body, Hook);
    if (read.kind === 'malformed') return read;
    const { push_data: push, repository } = read.value;
    const name = repositoryOf(registry, repository.repo_name);
    if (name === undefined) return { kind: 'malformed', message: 'repository.repo_name is no repository name.' };
    const at = epochSeconds(push.pushed_at);
    const key = `push:${JSON.stringify([name, push.tag ?? '', push.pushed_at ?? delivery.receivedAt])}`;
    return {
      kind: 'events',
      events: imageEvent('push', { repository: name, tag: push.tag, at, actor: push.pusher }),
      key,
    };
  },
};
