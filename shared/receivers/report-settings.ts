import { z } from 'zod';
import { globMatches } from '../domain/glob.ts';
import type { JsonObject } from '../domain/json.ts';
import type { NamedReport, ReportPlace } from '../domain/named-report.ts';
import { reportFormats } from '../domain/reports/report.ts';
import { pipelineGlob } from './pipeline-glob.ts';

/** Of every report that a receiver is told of. */
const common = {
  name: z.string().min(1).max(256),
  format: z.enum(reportFormats),
  /** Only for builds of pipelines that match; absent = every one. */
  pipeline: pipelineGlob.optional(),
  /** Name of the account that may read it. */
  account: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be the name of an account')
    .optional(),
};
const name = z.string().min(1).max(256);
const path = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (text) => !text.split('/').some((part) => part === '' || part === '.' || part === '..'),
    'must be a plain path',
  );

/** `artifact`: by its exact name, of the run; `path`: the file in it, where it holds several. */
const githubReport = z.strictObject({ ...common, artifact: name, path: path.optional() });
/** `job`: by its exact name, of the pipeline; `path`: the file among the job's artifacts. */
const gitlabReport = z.strictObject({ ...common, job: name, path });

const mostReports = 20;
export const githubReports = { reports: z.array(githubReport).max(mostReports).default([]) };
export const gitlabReports = { reports: z.array(gitlabReport).max(mostReports).default([]) };

/** Reports that a run of a workflow leaves behind, as the receiver was told. */
export function githubReportsOf(
  settings: JsonObject,
  run: { readonly pipeline: string; readonly repository: string; readonly run: string },
): readonly NamedReport[] {
  const { repository, run: id } = run;
  return reportsOf(settings, z.object(githubReports), {
    pipeline: run.pipeline,
    place: ({ artifact, path }) => ({
      kind: 'github',
      repository,
      run: id,
      artifact,
      ...(path === undefined ? {} : { path }),
    }),
  });
}

/** The same for a pipeline of GitLab. */
export function gitlabReportsOf(
  settings: JsonObject,
  run: { readonly project: string; readonly pipeline: string },
): readonly NamedReport[] {
  const { project, pipeline } = run;
  return reportsOf(settings, z.object(gitlabReports), {
    pipeline: project,
    place: ({ job, path }) => ({ kind: 'gitlab', project, pipeline, job, path }),
  });
}

type Told = Pick<z.infer<typeof githubReport>, 'name' | 'format' | 'pipeline' | 'account'>;

/** Settings as PUT has stored them; unreadable ones (of another release) are none, so that a build is still recorded. */
function reportsOf<T extends Told>(
  settings: JsonObject,
  shape: z.ZodType<{ readonly reports: readonly T[] }>,
  of: { readonly pipeline: string; place(told: T): ReportPlace },
): readonly NamedReport[] {
  if (settings.reports === undefined) return [];
  const read = shape.safeParse(settings);
  const meant = read.success ? read.data.reports.filter((told) => isMeant(told, of.pipeline)) : [];
  return meant.map((told) => {
    const { name, format, account } = told;
    return { name, format, from: of.place(told), ...(account === undefined ? {} : { account }) };
  });
}

function isMeant({ pipeline: pattern }: Told, pipeline: string): boolean {
  return pattern === undefined || globMatches(pattern, pipeline);
}
