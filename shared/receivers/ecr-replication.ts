import { z } from 'zod';
import type { BridgeEvent } from '../domain/bridge-event.ts';
import { parseDigest } from '../domain/digest.ts';
import { ecrHost } from '../domain/ecr-host.ts';
import { isRepository, isTag } from '../domain/reference.ts';
import { malformedEvent, ofNoInterest, readDetail } from './bridge-detail.ts';
import { parseTime } from './read-json.ts';
import type { Parsed } from './receiver-type.ts';

/** docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html, "Event for an image replication". */
const Replication = z.object({
  'action-type': z.string(),
  result: z.string(),
  'repository-name': z.string().min(1),
  'image-digest': z.string().nullish(),
  'image-tag': z.string().nullish(),
});

/**
 * ECR tells of a copy where it arrived, so it is a push of the destination's repository: under the same digest, and under the
 * tag that was copied with it.
 */
export function parseEcrReplication(event: BridgeEvent): Parsed {
  const read = readDetail(event, Replication);
  if (read.kind === 'malformed') return read;
  const {
    'action-type': action,
    result,
    'repository-name': name,
    'image-digest': sent,
    'image-tag': tag,
  } = read.detail;
  if (action !== 'REPLICATE' || result !== 'SUCCESS') return ofNoInterest(event);
  const repository = `${ecrHost(event)}/${name}`;
  if (!isRepository(repository)) return malformedEvent(event, 'account, region and repository-name make no repository');
  const digest = parseDigest(sent ?? '');
  if (digest === undefined)
    return malformedEvent(event, 'detail.image-digest: must be sha256: and 64 lower-case hex digits');
  const tagged = tag && isTag(tag) ? { tag } : {};
  return {
    kind: 'events',
    events: [{ kind: 'push', repository, ...tagged, digest, at: parseTime(event.time) }],
    key: event.id,
  };
}
