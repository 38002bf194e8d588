import { z } from 'zod';
import { isRegion } from './aliyun-region.ts';
import { someText } from './body-text.ts';
import { bodyKey, imageEvent, repositoryOf } from './image-event.ts';
import { querySecretFault, verifyQuerySecret } from './query-secret.ts';
import { readJson } from './read-json.ts';
import type { ReceiverType } from './receiver-type.ts';

/** alibabacloud.com/help/doc-detail/60949.htm. `pushed_at` has no zone, so it is nobody's time. */
const Hook = z.object({
  push_data: z.object({ digest: someText, tag: someText }),
  repository: z.object({ repo_full_name: z.string().max(512), region: someText }),
});

/**
 * Alibaba Container Registry, the trigger of one repository: pushes, with digest. The host of an Enterprise Edition instance is
 * nowhere in it and has to be `registry`; that of the Personal Edition follows from the region.
 */
export const aliyunAcr: ReceiverType = {
  type: 'aliyun-acr',
  bodyTypes: ['application/json'],
  proof: 'query',
  secretFault: querySecretFault,
  verify: verifyQuerySecret,
  parse(delivery, { registry }) {
    const read = readJson(delivery.body, Hook);
    if (read.kind === 'malformed') return read;
    const { push_data: push, repository: told } = read.value;
    const host = registry ?? (isRegion(told.region) ? `registry.${told.region}.aliyuncs.com` : undefined);
    if (host === undefined)
      return {
        kind: 'malformed',
        message: "repository.region: absent; set the receiver's `registry` to the host to record.",
      };
    const repository = repositoryOf(host, told.repo_full_name);
    if (repository === undefined)
      return { kind: 'malformed', message: 'repository.repo_full_name and the host name no repository.' };
    return { kind: 'events', events: imageEvent('push', { repository, ...push }), key: bodyKey(delivery.body) };
  },
};
