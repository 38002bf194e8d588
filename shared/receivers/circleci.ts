import { z } from 'zod';
import type { BuildEvent, RawDelivery, VerifiedDelivery } from '../domain/delivery.ts';
import { buildSettings } from './build-mapping.ts';
import { buildParsed, commonVariables, reportedVariables } from './build-report.ts';
import { hmacSecretFault, verifyHmacHeader } from './hmac-header.ts';
import { parseTime, readJson } from './read-json.ts';
import type { ReceiverType } from './receiver-type.ts';

const text = z.string().max(1024).nullish();

/** circleci.com/docs/guides/integration/outbound-webhooks; the test ping has little more than its type. */
const Webhook = z.object({
  type: z.string().max(128),
  id: text,
  happened_at: text,
  project: z.object({ slug: z.string().min(1).max(200) }).nullish(),
  workflow: z.object({ id: text, name: z.string().min(1), status: z.string(), url: text, created_at: text }).nullish(),
  pipeline: z
    .object({
      id: text,
      number: z.int(),
      vcs: z.object({ revision: text, branch: text, tag: text }).nullish(),
      trigger_parameters: z.record(z.string(), z.unknown()).nullish(),
    })
    .nullish(),
});

type Hook = z.infer<typeof Webhook>;

const outcomes = new Map<string, BuildEvent['outcome']>([
  ['success', 'succeeded'],
  ['failed', 'failed'],
  ['error', 'failed'],
  ['canceled', 'failed'],
  ['unauthorized', 'failed'],
]);

/** CircleCI's `workflow-completed`; a finished job is less than its workflow. */
export const circleci: ReceiverType = {
  type: 'circleci',
  bodyTypes: ['application/json'],
  proof: 'own',
  settings: buildSettings,
  secretFault: hmacSecretFault,
  verify,
  parse(delivery, { settings }) {
    const read = readJson(delivery.body, Webhook);
    if (read.kind === 'malformed') return read;
    const hook = read.value;
    const key = hook.id ? `id:${hook.id}` : undefined;
    if (hook.type !== 'workflow-completed') return { kind: 'events', events: [], key };
    const { project, workflow, pipeline } = hook;
    if (!project || !workflow || !pipeline) {
      return { kind: 'malformed', message: 'The body does not fit: project, workflow and pipeline must be there.' };
    }
    const outcome = outcomes.get(workflow.status);
    if (outcome === undefined) return { kind: 'events', events: [], key };
    return buildParsed(reportOf({ hook, project, workflow, pipeline }, outcome), { settings, key });
  },
};

/** `circleci-signature: v1=<hex>,v2=…`: the versions are listed side by side, and v1 is the one there is. */
function verify(raw: RawDelivery, { secrets }: { readonly secrets: readonly string[] }): VerifiedDelivery | undefined {
  const header = 'circleci-signature';
  const v1 = (raw.headers[header] ?? '').split(',', 16).find((entry) => entry.trim().startsWith('v1='));
  const call = { ...raw, headers: { ...raw.headers, [header]: v1?.trim() ?? '' } };
  return verifyHmacHeader(call, secrets, { header, algorithm: 'sha256', prefix: 'v1=' });
}

interface Finished {
  readonly hook: Hook;
  readonly project: NonNullable<Hook['project']>;
  readonly workflow: NonNullable<Hook['workflow']>;
  readonly pipeline: NonNullable<Hook['pipeline']>;
}

function reportOf({ hook, project, workflow, pipeline }: Finished, outcome: BuildEvent['outcome']) {
  const { vcs, trigger_parameters: parameters } = pipeline;
  const report = {
    pipeline: `${project.slug}:${workflow.name}`,
    build: String(pipeline.number),
    branch: vcs?.branch ?? undefined,
    revision: vcs?.revision ?? undefined,
  };
  const own = {
    CIRCLE_PROJECT_SLUG: project.slug,
    CIRCLE_PIPELINE_NUMBER: pipeline.number,
    CIRCLE_PIPELINE_ID: pipeline.id ?? undefined,
    CIRCLE_WORKFLOW_ID: workflow.id ?? undefined,
    CIRCLE_WORKFLOW_NAME: workflow.name,
    CIRCLE_SHA1: report.revision,
    CIRCLE_BRANCH: report.branch,
    CIRCLE_TAG: vcs?.tag ?? undefined,
  };
  return {
    ...report,
    outcome,
    provenance: workflow.url ?? undefined,
    startedAt: parseTime(workflow.created_at ?? undefined),
    finishedAt: parseTime(hook.happened_at ?? undefined),
    variables: reportedVariables({ ...commonVariables(report), ...own }, typedParameters(parameters)),
  };
}

/** Grouped by what triggered: `{git: {branch, …}, circleci: {…}}`. */
function typedParameters(parameters: Readonly<Record<string, unknown>> | null | undefined) {
  return Object.entries(parameters ?? {}).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([key, one]) => [`${name}.${key}`, one] as const)
      : [[name, value] as const],
  );
}
