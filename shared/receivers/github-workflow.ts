import { z } from 'zod';
import type { BuildEvent } from '../domain/delivery.ts';
import type { JsonObject } from '../domain/json.ts';
import { buildParsed, commonVariables, reportedVariables } from './build-report.ts';
import { parseTime, readJson } from './read-json.ts';
import type { Parsed } from './receiver-type.ts';
import { githubReportsOf } from './report-settings.ts';

const text = z.string().max(1024).nullish();
const repository = z.object({ full_name: z.string().min(1).max(256) });

/** docs.github.com/webhooks/webhook-events-and-payloads#workflow_run; what only describes may be null. */
const WorkflowRun = z.object({
  action: z.string(),
  repository,
  workflow: z.object({ path: text }).nullish(),
  workflow_run: z.object({
    id: z.int(),
    run_number: z.int().nullish(),
    run_attempt: z.int().nullish(),
    name: text,
    path: text,
    event: text,
    conclusion: text,
    head_branch: text,
    head_sha: text,
    html_url: text,
    run_started_at: text,
    updated_at: text,
    head_repository: repository.nullish(),
  }),
});

type Run = z.infer<typeof WorkflowRun>['workflow_run'];

/** Of the conclusions, `neutral` and `skipped` say nothing about the code. */
const outcomes = new Map<string, BuildEvent['outcome']>([
  ['success', 'succeeded'],
  ['failure', 'failed'],
  ['cancelled', 'failed'],
  ['timed_out', 'failed'],
  ['startup_failure', 'failed'],
  ['action_required', 'failed'],
  ['stale', 'failed'],
]);

/**
 * `workflow_run` of GitHub: a completed run is a build of `owner/repo:.github/workflows/file.yml`. A run of a fork completes
 * with success too, on code that nobody here has seen, so it is no evidence of anything and makes no event.
 */
export function parseWorkflowRun(body: Uint8Array, settings: JsonObject): Parsed {
  const read = readJson(body, WorkflowRun);
  if (read.kind === 'malformed') return read;
  const { action, repository, workflow, workflow_run: run } = read.value;
  const attempt = run.run_attempt ?? 1;
  const key = `workflow_run:${run.id}:${attempt}:${action}`;
  const outcome = outcomes.get(run.conclusion ?? '');
  const isOwn = run.head_repository?.full_name.toLowerCase() === repository.full_name.toLowerCase();
  if (action !== 'completed' || outcome === undefined || !isOwn) return { kind: 'events', events: [], key };
  // Some runs name the ref behind an @; the file is the workflow.
  const path = (run.path ?? workflow?.path ?? '').split('@', 1)[0];
  if (!path) return { kind: 'malformed', message: 'The body does not fit: workflow_run.path: absent.' };
  const pipeline = `${repository.full_name}:${path}`;
  const report = {
    pipeline,
    build: buildOf(run, attempt),
    branch: given(run.head_branch),
    revision: given(run.head_sha),
  };
  const finishedAt = parseTime(given(run.updated_at));
  return buildParsed(
    {
      ...report,
      outcome,
      provenance: given(run.html_url),
      startedAt: parseTime(given(run.run_started_at)),
      finishedAt,
      reports: githubReportsOf(settings, { pipeline, repository: repository.full_name, run: String(run.id) }),
      variables: reportedVariables({ ...commonVariables(report), ...githubVariables(run, repository.full_name) }),
    },
    { settings, key },
  );
}

/** The number that people see; a re-run has the same one, and is another build. */
function buildOf({ id, run_number: number }: Run, attempt: number): string {
  return `${number ?? id}${attempt > 1 ? `.${attempt}` : ''}`;
}

/** By the names that a workflow itself knows them by (docs.github.com/actions/reference/variables). */
function githubVariables(run: Run, repository: string): Readonly<Record<string, string | number | undefined>> {
  return {
    GITHUB_REPOSITORY: repository,
    GITHUB_SHA: given(run.head_sha),
    GITHUB_REF_NAME: given(run.head_branch),
    GITHUB_RUN_ID: run.id,
    GITHUB_RUN_NUMBER: run.run_number ?? undefined,
    GITHUB_RUN_ATTEMPT: run.run_attempt ?? undefined,
    GITHUB_WORKFLOW: given(run.name),
    GITHUB_EVENT_NAME: given(run.event),
  };
}

function given(value: string | null | undefined): string | undefined {
  return value ?? undefined;
}
