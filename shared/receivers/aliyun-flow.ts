import { z } from 'zod';
import type { BuildEvent } from '../domain/delivery.ts';
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import { buildSettingsShape, jsonSettings } from './build-mapping.ts';
import { buildParsed, commonVariables, reportedVariables } from './build-report.ts';
import { querySecretFault, verifyQuerySecret } from './query-secret.ts';
import { readJson } from './read-json.ts';
import { textSetting } from './read-settings.ts';
import type { ReceiverType } from './receiver-type.ts';

const text = z.string().max(2048).nullish();
const id = z.union([z.int().min(0).transform(String), z.string().min(1).max(64)]);

/** help.aliyun.com/document_detail/202424.htm (globalParams as a list) and /160761.html (as an object). */
const TaskHook = z.object({
  event: z.string(),
  action: text,
  task: z
    .object({
      pipelineId: id,
      pipelineName: text,
      stageName: text,
      taskName: text,
      buildNumber: id,
      statusCode: z.string().max(64),
      pipelineUrl: text,
    })
    .nullish(),
  sources: z
    .array(z.object({ repo: text, branch: text, commitId: text }))
    .max(100)
    .nullish(),
  globalParams: z.unknown().optional(),
});

type Hook = z.infer<typeof TaskHook>;
type Task = NonNullable<Hook['task']>;

/** Not FINISH, which says that it ended and not how. */
const outcomes = new Map<string, BuildEvent['outcome']>([
  ['SUCCESS', 'succeeded'],
  ['FAIL', 'failed'],
  ['CANCELED', 'failed'],
]);

const settings = jsonSettings(
  z.strictObject({
    ...buildSettingsShape,
    task: z.string().min(1).max(256).optional(),
    aliases: z.record(z.string().regex(/^\S{1,64}$/), z.string().min(1).max(256)).optional(),
  }),
);

/** Alibaba Flow's webhook plugin, which sits on single tasks of a pipeline. It proves nothing, so the URL holds the secret. */
export const aliyunFlow: ReceiverType = {
  type: 'aliyun-flow',
  bodyTypes: ['application/json'],
  proof: 'query',
  settings,
  secretFault: querySecretFault,
  verify: verifyQuerySecret,
  parse(delivery, { settings }) {
    const read = readJson(delivery.body, TaskHook);
    if (read.kind === 'malformed') return read;
    const { event, task } = read.value;
    if (event !== 'task' || !task) return { kind: 'events', events: [] };
    const { pipelineId, buildNumber, stageName, taskName, statusCode } = task;
    const key = JSON.stringify([pipelineId, buildNumber, stageName, taskName, statusCode]);
    const outcome = outcomes.get(statusCode);
    const isSilent = outcome === undefined || (outcome === 'succeeded' && !endsBuild(task, settings));
    if (isSilent) return { kind: 'events', events: [], key };
    return buildParsed(reportOf(read.value, { task, outcome, settings }), { settings, key });
  },
};

/** The success of one task is the build's only where it is the task that was named; a failure of any is. */
function endsBuild({ taskName }: Task, settings: JsonObject): boolean {
  const wanted = textSetting(settings, 'task');
  return wanted === undefined || wanted === taskName;
}

interface Told {
  readonly task: Task;
  readonly outcome: BuildEvent['outcome'];
  readonly settings: JsonObject;
}

function reportOf(hook: Hook, { task, outcome, settings }: Told) {
  const aliases = settings.aliases;
  const alias = isJsonObject(aliases) ? textSetting(aliases, task.pipelineId) : undefined;
  const [source] = hook.sources ?? [];
  const report = {
    pipeline: alias ?? task.pipelineId,
    build: task.buildNumber,
    branch: source?.branch ?? undefined,
    revision: source?.commitId ?? undefined,
  };
  const own = {
    PIPELINE_ID: task.pipelineId,
    PIPELINE_NAME: task.pipelineName ?? undefined,
    BUILD_NUMBER: task.buildNumber,
    CI_COMMIT_REF_NAME: report.branch,
    CI_COMMIT_SHA: report.revision,
    CI_COMMIT_ID: report.revision?.slice(0, 8),
  };
  return {
    ...report,
    outcome,
    provenance: task.pipelineUrl ?? undefined,
    variables: reportedVariables({ ...commonVariables(report), ...own }, globalParams(hook.globalParams)),
  };
}

/** Two documented shapes: `[{key, value}]` and `{key: value}`. */
function globalParams(given: unknown): readonly (readonly [string, unknown])[] {
  if (typeof given !== 'object' || given === null) return [];
  if (!Array.isArray(given)) return Object.entries(given);
  return given.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null || !('key' in one) || typeof one.key !== 'string') return [];
    return [[one.key, 'value' in one ? one.value : undefined] as const];
  });
}
