import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { BuildEvent, RawDelivery, VerifiedDelivery } from '../domain/delivery.ts';
import { buildSettingsShape, jsonSettings } from './build-mapping.ts';
import { buildParsed, commonVariables, reportedVariables } from './build-report.ts';
import { parseTime, readJson, readShape } from './read-json.ts';
import type { ProofContext, ReceiverType } from './receiver-type.ts';
import { gitlabReports, gitlabReportsOf } from './report-settings.ts';
import { secretHeaderFault, verifySecretHeader } from './secret-header.ts';
import { verifyStandardWebhook, webhookSecretFault } from './standard-webhooks.ts';

const text = z.string().max(1024).nullish();

/** docs.gitlab.com/user/project/integrations/webhook_events/#pipeline-events */
const PipelineHook = z.object({
  object_kind: z.literal('pipeline'),
  project: z.object({ path_with_namespace: z.string().min(1).max(256), web_url: text }),
  object_attributes: z.object({
    id: z.int(),
    iid: z.int().nullish(),
    ref: text,
    tag: z.boolean().nullish(),
    sha: text,
    source: text,
    status: z.string(),
    created_at: text,
    finished_at: text,
    url: text,
    variables: z
      .array(z.object({ key: text, value: z.unknown().optional() }))
      .max(1000)
      .nullish(),
  }),
  merge_request: z.object({ source_project_id: z.int().nullish(), target_project_id: z.int().nullish() }).nullish(),
});

type Hook = z.infer<typeof PipelineHook>;

const AnyHook = z.looseObject({ object_kind: z.string().nullish() });

const outcomes = new Map<string, BuildEvent['outcome']>([
  ['success', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
]);

/** GitLab's pipeline hook; other hooks of the same project are of no interest. */
export const gitlab: ReceiverType = {
  type: 'gitlab',
  bodyTypes: ['application/json'],
  proof: 'own',
  settings: jsonSettings(z.strictObject({ ...buildSettingsShape, ...gitlabReports })),
  secretFault: (secret) => (isSigningToken(secret) ? webhookSecretFault(secret) : secretHeaderFault(secret)),
  verify,
  parse(delivery, { settings }) {
    const any = readJson(delivery.body, AnyHook);
    if (any.kind === 'malformed') return any;
    if (any.value.object_kind !== 'pipeline') return { kind: 'events', events: [], key: keyOf(delivery) };
    const read = readShape(any.value, PipelineHook);
    if (read.kind === 'malformed') return read;
    const outcome = outcomes.get(read.value.object_attributes.status);
    if (outcome === undefined || isOfFork(read.value)) return { kind: 'events', events: [], key: keyOf(delivery) };
    const reports = gitlabReportsOf(settings, placeOf(read.value));
    return buildParsed({ ...reportOf(read.value, outcome), reports }, { settings, key: keyOf(delivery) });
  },
};

function placeOf({ project, object_attributes: run }: Hook): { readonly project: string; readonly pipeline: string } {
  return { project: project.path_with_namespace, pipeline: String(run.id) };
}

function isSigningToken(secret: string): boolean {
  return secret.startsWith('whsec_');
}

/**
 * A signing token signs (Standard Webhooks); any other secret is the X-Gitlab-Token. A secret is one or the other, so that a
 * call without the signature that was agreed is refused, and what carries a signature never passes by its token.
 */
function verify(raw: RawDelivery, { secrets, now }: ProofContext): VerifiedDelivery | undefined {
  const [signing, plain] = [secrets.filter(isSigningToken), secrets.filter((secret) => !isSigningToken(secret))];
  if (raw.headers['webhook-signature'] !== undefined) return verifyStandardWebhook(raw, signing, now);
  return verifySecretHeader(raw, 'x-gitlab-token', plain);
}

/** `Idempotency-Key` is the same over retries; without it the body, which holds the pipeline and its times. */
function keyOf(delivery: VerifiedDelivery): string {
  const id = delivery.senderId ?? delivery.headers['idempotency-key'];
  return id ? `id:${id}` : `body:${createHash('sha256').update(delivery.body).digest('hex')}`;
}

/** A fork's merge request may run its pipeline here, on code that nobody here has seen: no evidence of anything. */
function isOfFork({ merge_request: request }: Hook): boolean {
  return request?.source_project_id != null && request.source_project_id !== request.target_project_id;
}

function reportOf({ project, object_attributes: run }: Hook, outcome: BuildEvent['outcome']) {
  const report = {
    pipeline: project.path_with_namespace,
    build: String(run.id),
    // Of a tag pipeline `ref` is the tag.
    branch: run.tag ? undefined : (run.ref ?? undefined),
    revision: run.sha ?? undefined,
  };
  const typed = (run.variables ?? []).map(({ key, value }) => [key ?? '', value] as const);
  return {
    ...report,
    outcome,
    provenance: run.url ?? (project.web_url ? `${project.web_url}/-/pipelines/${run.id}` : undefined),
    startedAt: gitlabTime(run.created_at),
    finishedAt: gitlabTime(run.finished_at),
    variables: reportedVariables({ ...commonVariables(report), ...gitlabVariables(project, run) }, typed),
  };
}

/** By the names that a job itself knows them by (docs.gitlab.com/ci/variables/predefined_variables). */
function gitlabVariables(
  project: Hook['project'],
  run: Hook['object_attributes'],
): Readonly<Record<string, string | number | undefined>> {
  return {
    CI_PROJECT_PATH: project.path_with_namespace,
    CI_COMMIT_SHA: run.sha ?? undefined,
    CI_COMMIT_SHORT_SHA: run.sha?.slice(0, 8),
    CI_COMMIT_REF_NAME: run.ref ?? undefined,
    CI_COMMIT_REF_SLUG: run.ref ? slug(run.ref) : undefined,
    CI_COMMIT_BRANCH: run.tag ? undefined : (run.ref ?? undefined),
    CI_COMMIT_TAG: run.tag ? (run.ref ?? undefined) : undefined,
    CI_PIPELINE_ID: run.id,
    CI_PIPELINE_IID: run.iid ?? undefined,
    CI_PIPELINE_SOURCE: run.source ?? undefined,
  };
}

/** As GitLab makes it: lower case, 63 characters, everything but letters and digits a hyphen, none at the ends. */
function slug(ref: string): string {
  const text = ref.toLowerCase().replace(/[^a-z0-9]/g, '-');
  return text.slice(0, 63).replace(/^-+|-+$/g, '');
}

/** `2016-08-12 15:23:28 UTC`, in newer ones RFC 3339. */
function gitlabTime(time: string | null | undefined): number | undefined {
  return parseTime(time?.replace(/ UTC$/, 'Z'));
}
