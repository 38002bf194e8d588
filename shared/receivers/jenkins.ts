import { z } from 'zod';
import type { BuildEvent } from '../domain/delivery.ts';
import { buildSettings } from './build-mapping.ts';
import { buildParsed, commonVariables, reportedVariables } from './build-report.ts';
import { readJson } from './read-json.ts';
import type { ReceiverType } from './receiver-type.ts';
import { secretHeaderFault, verifySecretHeader } from './secret-header.ts';

const text = z.string().max(2048).nullish();

/** github.com/jenkinsci/notification-plugin, `model/JobState` and `BuildState`, as Gson writes them. */
const JobState = z.object({
  name: z.string().min(1).max(256),
  url: text,
  build: z.object({
    full_url: text,
    number: z.int(),
    timestamp: z.number().nullish(),
    phase: z.string(),
    status: text,
    url: text,
    scm: z.object({ url: text, branch: text, commit: text }).nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
});

type Build = z.infer<typeof JobState>['build'];

/** NOT_BUILT says nothing about the code. UNSTABLE is a build whose tests failed. */
const outcomes = new Map<string, BuildEvent['outcome']>([
  ['SUCCESS', 'succeeded'],
  ['UNSTABLE', 'failed'],
  ['FAILURE', 'failed'],
  ['ABORTED', 'failed'],
]);

/** Jenkins' notification plugin. It can send no header but Basic, from the user info of its URL. */
export const jenkins: ReceiverType = {
  type: 'jenkins',
  bodyTypes: ['application/json'],
  proof: 'own',
  settings: buildSettings,
  secretFault: secretHeaderFault,
  verify: (raw, { secrets }) => verifySecretHeader(raw, 'authorization', secrets),
  parse(delivery, { settings }) {
    const read = readJson(delivery.body, JobState);
    if (read.kind === 'malformed') return read;
    const { build } = read.value;
    const pipeline = jobPath(read.value.url) ?? read.value.name;
    const key = `${build.full_url ?? `${pipeline}#${build.number}`} ${build.phase}`;
    // COMPLETED comes before the steps after the build are through; FINALIZED comes last, once.
    const outcome = build.phase === 'FINALIZED' ? outcomes.get(build.status ?? '') : undefined;
    if (outcome === undefined) return { kind: 'events', events: [], key };
    return buildParsed(reportOf(pipeline, build, outcome), { settings, key });
  },
};

/**
 * `job/team/job/shop/` is `team/shop`, the name that Jenkins shows: `name` alone is the last of it, which two folders may share.
 * Undefined for what is no such path.
 */
function jobPath(url: string | null | undefined): string | undefined {
  const segments = url?.replace(/\/$/, '').split('/') ?? [];
  const names = segments.filter((_, index) => index % 2 === 1);
  const isPath = segments.length > 1 && segments.length % 2 === 0;
  if (!isPath || segments.some((segment, index) => index % 2 === 0 && segment !== 'job')) return undefined;
  try {
    return names.map(decodeURIComponent).join('/');
  } catch {
    return undefined;
  }
}

function reportOf(pipeline: string, build: Build, outcome: BuildEvent['outcome']) {
  // The Git plugin reports the remote's branch.
  const branch = build.scm?.branch?.replace(/^(refs\/heads\/|refs\/remotes\/origin\/|origin\/)/, '') || undefined;
  const report = { pipeline, build: String(build.number), branch, revision: build.scm?.commit ?? undefined };
  const own = {
    JOB_NAME: pipeline,
    BUILD_NUMBER: build.number,
    GIT_COMMIT: report.revision,
    GIT_BRANCH: build.scm?.branch ?? undefined,
    GIT_URL: build.scm?.url ?? undefined,
  };
  return {
    ...report,
    outcome,
    provenance: build.full_url ?? undefined,
    finishedAt: epoch(build.timestamp),
    variables: reportedVariables({ ...commonVariables(report), ...own }, Object.entries(build.parameters ?? {})),
  };
}

/** Epoch ms by Jenkins' own clock. */
function epoch(timestamp: number | null | undefined): number | undefined {
  return timestamp != null && Number.isSafeInteger(timestamp) && timestamp > 0 ? timestamp : undefined;
}
