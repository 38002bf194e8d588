import { z } from 'zod';
import type { BuildEvent } from '../domain/delivery.ts';
import { buildSettings } from './build-mapping.ts';
import { buildParsed, commonVariables, reportedVariables } from './build-report.ts';
import { parseTime, readJson, readShape } from './read-json.ts';
import type { ReceiverType } from './receiver-type.ts';
import { secretHeaderFault, verifySecretHeader } from './secret-header.ts';

const text = z.string().max(2048).nullish();
const named = z.object({ name: text }).nullish();

/** learn.microsoft.com/azure/devops/service-hooks/events#build-completed, resource versions 1.0 and 2.0. */
const ServiceHook = z.object({
  id: text,
  eventType: z.string().max(128),
  resource: z.unknown().optional(),
});

const Build = z.object({
  id: z.int(),
  buildNumber: text,
  status: text,
  result: text,
  url: text,
  startTime: text,
  finishTime: text,
  definition: z.object({ name: z.string().min(1).max(200) }),
  project: named,
  sourceBranch: text,
  sourceVersion: text,
  sourceGetVersion: text,
  parameters: z.string().max(100_000).nullish(),
  templateParameters: z.record(z.string(), z.unknown()).nullish(),
  _links: z.object({ web: z.object({ href: text }).nullish() }).nullish(),
});

type Build = z.infer<typeof Build>;

/** Succeeded in part is not succeeded. */
const outcomes = new Map<string, BuildEvent['outcome']>([
  ['succeeded', 'succeeded'],
  ['partiallySucceeded', 'failed'],
  ['failed', 'failed'],
  ['stopped', 'failed'],
  ['canceled', 'failed'],
]);

/** `build.complete` of Azure DevOps' service hooks. */
export const azureDevops: ReceiverType = {
  type: 'azure-devops',
  bodyTypes: ['application/json'],
  proof: 'own',
  settings: buildSettings,
  secretFault: secretHeaderFault,
  verify: (raw, { secrets }) => verifySecretHeader(raw, 'authorization', secrets),
  parse(delivery, { settings }) {
    const read = readJson(delivery.body, ServiceHook);
    if (read.kind === 'malformed') return read;
    const { id, eventType, resource } = read.value;
    const key = id ? `id:${id}` : undefined;
    if (eventType !== 'build.complete') return { kind: 'events', events: [], key };
    const checked = readShape(resource, Build, ['resource']);
    if (checked.kind === 'malformed') return checked;
    const build = checked.value;
    const outcome = outcomes.get(build.result ?? build.status ?? '');
    if (outcome === undefined) return { kind: 'events', events: [], key };
    return buildParsed(reportOf(build, outcome), { settings, key });
  },
};

function reportOf(build: Build, outcome: BuildEvent['outcome']) {
  const { ref, revision } = sourceOf(build);
  const project = build.project?.name || undefined;
  const name = build.definition.name;
  const report = {
    pipeline: project === undefined ? name : `${project}/${name}`,
    build: String(build.id),
    branch: ref?.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined,
    revision,
  };
  const own = {
    'System.TeamProject': project,
    'Build.DefinitionName': name,
    'Build.BuildId': build.id,
    'Build.BuildNumber': build.buildNumber ?? undefined,
    'Build.SourceBranch': ref,
    'Build.SourceBranchName': ref?.slice(ref.lastIndexOf('/') + 1),
    'Build.SourceVersion': revision,
  };
  return {
    ...report,
    outcome,
    provenance: build._links?.web?.href ?? build.url ?? undefined,
    startedAt: parseTime(build.startTime ?? undefined),
    finishedAt: parseTime(build.finishTime ?? undefined),
    variables: reportedVariables({ ...commonVariables(report), ...own }, typedVariables(build)),
  };
}

/** 1.0 says `LG:refs/heads/main:<commit>`; 2.0 says the parts. */
function sourceOf(build: Build): { readonly ref?: string; readonly revision?: string } {
  const [, ref, revision] = /^[A-Z]+:(.+):([0-9a-f]{7,64})$/.exec(build.sourceGetVersion ?? '') ?? [];
  return { ref: build.sourceBranch ?? ref, revision: build.sourceVersion ?? revision };
}

/** `parameters` is JSON in a text: the variables that were set when the build was queued. */
function typedVariables({ parameters, templateParameters }: Build): readonly (readonly [string, unknown])[] {
  let queued: unknown;
  try {
    queued = JSON.parse(parameters ?? '{}');
  } catch {
    queued = undefined;
  }
  const entries = typeof queued === 'object' && queued !== null ? Object.entries<unknown>({ ...queued }) : [];
  return [...entries, ...Object.entries(templateParameters ?? {})];
}
