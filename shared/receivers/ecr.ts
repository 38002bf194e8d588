import { z } from 'zod';
import type { BridgeEvent } from '../domain/bridge-event.ts';
import type { DeliveredEvent } from '../domain/delivery.ts';
import { type Digest, parseDigest } from '../domain/digest.ts';
import { ecrHost } from '../domain/ecr-host.ts';
import { isRepository, isTag } from '../domain/reference.ts';
import { parseTime } from './read-json.ts';
import type { Parsed } from './receiver-type.ts';

const digest = z.string().transform((text, context): Digest => {
  const parsed = parseDigest(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'must be sha256: and 64 lower-case hex digits' });
  return z.NEVER;
});
const tag = z.string().refine(isTag, 'must be a tag');
/** Absent, null and empty mean the same to senders. */
const noneIfEmpty = <T>(shape: z.ZodType<T>) => z.preprocess((text) => text || undefined, shape.optional());
/** Digest and tag are both optional in AWS's schema. */
const neither = 'must have image-digest or a tag';

/** docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html, "Event for a completed image push" and "… deletion". */
const ImageAction = z
  .object({
    'action-type': z.enum(['PUSH', 'DELETE']),
    'repository-name': z.string().min(1),
    'image-digest': noneIfEmpty(digest),
    'image-tag': noneIfEmpty(tag),
    'manifest-media-type': z.string().max(255).optional(),
  })
  .refine((action) => action['image-digest'] !== undefined || action['image-tag'] !== undefined, neither);

const scanStatus = z.enum(['COMPLETE', 'FAILED']);

/** Same page, "Event for a completed image scan". A complete scan without the counts is read back. */
const ImageScan = z
  .object({
    'scan-status': scanStatus,
    'repository-name': z.string().min(1),
    'image-digest': noneIfEmpty(digest),
    'image-tags': z.array(tag).max(1000).default([]),
    'finding-severity-counts': z.record(z.string().max(64).toLowerCase(), z.int().min(0)).optional(),
  })
  .refine((scan) => scan['image-digest'] !== undefined || scan['image-tags'].length > 0, neither);

/** What is pushed beside images and says something of them: signatures, SBOMs, attestations. They are no versions of anything. */
const attachments: readonly string[] = [
  'application/vnd.dev.cosign.',
  'application/vnd.dev.sigstore.',
  'application/vnd.cncf.notary.signature',
  'application/vnd.in-toto+json',
  'application/vnd.cyclonedx',
  'application/spdx+json',
];

/** A push or deletion that succeeded; other actions (storage classes) move no tag, and a failed one moved none. */
const ofInterest = {
  'ECR Image Action': z.object({
    result: z.literal('SUCCESS'),
    'action-type': ImageAction.shape['action-type'],
    'artifact-media-type': z
      .string()
      .refine((type) => !attachments.some((prefix) => type.startsWith(prefix)))
      .nullish(),
  }),
  'ECR Image Scan': z.object({ 'scan-status': scanStatus }),
};

/**
 * An event of ECR, as a rule of the same account hands it on: who sent it is what the rule says, so there is no further proof.
 * Events of no interest are left out.
 */
export function parseEcrEvent(event: BridgeEvent): Parsed {
  const kind = event['detail-type'];
  const isKnown = kind === 'ECR Image Action' || kind === 'ECR Image Scan';
  if (!isKnown || !ofInterest[kind].safeParse(event.detail).success)
    return { kind: 'events', events: [], key: event.id };
  return kind === 'ECR Image Action' ? read(event, ImageAction, actionEvent) : read(event, ImageScan, scanEvent);
}

interface Place {
  readonly repository: string;
  readonly at?: number;
}

function read<T extends { readonly 'repository-name': string }>(
  event: BridgeEvent,
  shape: z.ZodType<T>,
  told: (detail: T, place: Place) => DeliveredEvent,
): Parsed {
  const checked = shape.safeParse(event.detail);
  if (!checked.success) {
    const faults = checked.error.issues.slice(0, 5);
    return malformed(
      event,
      faults.map(({ path, message }) => `${['detail', ...path].join('.')}: ${message}`).join('; '),
    );
  }
  const repository = `${ecrHost(event)}/${checked.data['repository-name']}`;
  if (!isRepository(repository)) return malformed(event, 'account, region and repository-name make no repository');
  return { kind: 'events', events: [told(checked.data, { repository, at: parseTime(event.time) })], key: event.id };
}

function malformed(event: BridgeEvent, why: string): Parsed {
  return { kind: 'malformed', message: `${event['detail-type']} ${event.id} does not fit: ${why}.` };
}

function actionEvent(action: z.infer<typeof ImageAction>, { repository, at }: Place): DeliveredEvent {
  const image = { repository, tag: action['image-tag'], digest: action['image-digest'], at };
  return action['action-type'] === 'PUSH'
    ? { kind: 'push', ...image, mediaType: action['manifest-media-type'] }
    : { kind: 'delete', ...image };
}

/** Of several tags none is told: those of the image are found by its digest, and the best of them starts one run (ruling 16). */
function scanEvent(scan: z.infer<typeof ImageScan>, { repository, at }: Place): DeliveredEvent {
  const { 'image-digest': imageDigest, 'image-tags': tags, 'finding-severity-counts': severities } = scan;
  const one = imageDigest === undefined || tags.length === 1 ? tags[0] : undefined;
  const status = scan['scan-status'] === 'COMPLETE' ? 'complete' : 'failed';
  const image = { repository, tag: one, digest: imageDigest, at };
  if (status === 'complete' && severities === undefined) {
    return { kind: 'scan', ...image, status, severities: {}, uncounted: true };
  }
  return { kind: 'scan', ...image, status, severities: severities ?? {} };
}
