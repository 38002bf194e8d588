import { z } from 'zod';
import type { BridgeEvent } from '../domain/bridge-event.ts';
import type { BuildEvent } from '../domain/delivery.ts';
import type { JsonObject } from '../domain/json.ts';
import { malformedEvent, ofNoInterest, readDetail } from './bridge-detail.ts';
import { buildParsed, commonVariables, reportedVariables } from './build-report.ts';
import { parseTime } from './read-json.ts';
import type { Parsed } from './receiver-type.ts';

const text = z.string().max(2048).nullish();
const variables = z
  .array(z.object({ name: z.string().max(256), value: z.unknown().optional(), type: text }))
  .max(1000)
  .nullish();

/** docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html. Exported variables come though no page says so. */
const StateChange = z.object({
  'build-status': z.string(),
  'project-name': z.string().min(1).max(255),
  'build-id': z.string().max(512),
  'additional-information': z
    .object({
      'source-version': text,
      initiator: text,
      'build-number': z.number().nullish(),
      environment: z.object({ 'environment-variables': variables }).nullish(),
      'exported-environment-variables': variables,
      logs: z.object({ 'deep-link': text }).nullish(),
    })
    .nullish(),
});

type Detail = z.infer<typeof StateChange>;

const outcomes = new Map<string, BuildEvent['outcome']>([
  ['SUCCEEDED', 'succeeded'],
  ['FAILED', 'failed'],
  ['FAULT', 'failed'],
  ['TIMED_OUT', 'failed'],
  ['STOPPED', 'failed'],
]);

/** `CodeBuild Build State Change`. The image in it is the one that the build ran in, not what it made. */
export function parseCodeBuild(event: BridgeEvent, settings: JsonObject): Parsed {
  const read = readDetail(event, StateChange);
  if (read.kind === 'malformed') return read;
  const outcome = outcomes.get(read.detail['build-status']);
  if (outcome === undefined) return ofNoInterest(event);
  // arn:aws:codebuild:eu-west-1:123456789012:build/shop:8745a7a9-c340-456a-9166-edf953571bEX
  const build = /:build(?:-batch)?\/[^:]+:([^:]+)$/.exec(read.detail['build-id'])?.[1];
  if (build === undefined) return malformedEvent(event, 'detail.build-id: must be the ARN of a build');
  return buildParsed(reportOf(event, { detail: read.detail, build, outcome }), { settings, key: event.id });
}

interface Told {
  readonly detail: Detail;
  readonly build: string;
  readonly outcome: BuildEvent['outcome'];
}

function reportOf(event: BridgeEvent, { detail, build, outcome }: Told) {
  const more = detail['additional-information'] ?? {};
  const exported = more['exported-environment-variables'] ?? [];
  // A variable of another type holds the name of a secret or a parameter.
  const set = (more.environment?.['environment-variables'] ?? []).filter(
    ({ type }) => (type ?? 'PLAINTEXT') === 'PLAINTEXT',
  );
  const report = { pipeline: detail['project-name'], build, ...sourceOf(more['source-version'] ?? '') };
  const own = {
    AWS_ACCOUNT_ID: event.account,
    AWS_REGION: event.region,
    CODEBUILD_BUILD_NUMBER: more['build-number'] ?? undefined,
    CODEBUILD_SOURCE_VERSION: more['source-version'] ?? undefined,
    CODEBUILD_INITIATOR: more.initiator ?? undefined,
  };
  return {
    ...report,
    outcome,
    provenance: more.logs?.['deep-link'] ?? undefined,
    finishedAt: parseTime(event.time),
    // What the build exported stands over what it was given.
    variables: reportedVariables(
      { ...commonVariables(report), ...own },
      [...set, ...exported].map(({ name, value }) => [name, value] as const),
    ),
  };
}

/** `source-version` is a commit, `refs/heads/<branch>`, `pr/<number>`, an S3 version or an ARN: whatever the build was started with. */
function sourceOf(version: string): { readonly branch?: string; readonly revision?: string } {
  const [, branch, commit] = /^refs\/heads\/([^^]+)(?:\^\{([0-9a-f]{40})\})?$/.exec(version) ?? [];
  const revision = commit ?? (/^[0-9a-f]{40}$/.test(version) ? version : undefined);
  return { branch, revision };
}
