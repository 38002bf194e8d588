import type { BuildArtifact, BuildEvent } from '../domain/delivery.ts';
import { isVariableName } from '../domain/expression.ts';
import type { JsonObject } from '../domain/json.ts';
import type { NamedReport } from '../domain/named-report.ts';
import { fillTemplate, mapBuild, readBuildSettings, type Variables } from './build-mapping.ts';
import type { Parsed } from './receiver-type.ts';

/** A finished build as its sender told it. */
export interface BuildReport {
  /** What a source's `pipeline:` is compared with. */
  readonly pipeline: string;
  readonly build: string;
  readonly outcome: BuildEvent['outcome'];
  readonly branch?: string;
  readonly revision?: string;
  readonly provenance?: string;
  /** Epoch ms. */
  readonly startedAt?: number;
  readonly finishedAt?: number;
  /** Epoch ms; default: when it finished. */
  readonly at?: number;
  readonly variables: Variables;
  /** Images that the sender itself says the build published: they win over the mapping. */
  readonly results?: readonly BuildArtifact[];
  /** Test reports that it left behind, and where. */
  readonly reports?: readonly NamedReport[];
}

/** As pipeline files have them, and artifacts their provenance. */
const longest = { pipeline: 256, build: 128, branch: 256, revision: 256, provenance: 2048 };

/**
 * One build event, with the images that it published. A failed build published what its sender says and nothing by mapping: a
 * template cannot know whether the image was still made.
 */
export function buildParsed(
  report: BuildReport,
  { settings, key }: { readonly settings: JsonObject; readonly key?: string },
): Parsed {
  const fault = reportFault(report);
  if (fault !== undefined) return { kind: 'malformed', message: fault };
  const { artifacts: rules, ...templates } = readBuildSettings(settings);
  const { pipeline, results = [], outcome, variables } = report;
  const wanted = results.length > 0 || outcome === 'failed' ? [] : rules;
  const mapped = mapBuild(wanted, { pipeline, variables });
  const artifacts = results.length > 0 || mapped.kind === 'unmapped' ? results : mapped.artifacts;
  const events = [withReports(buildEvent(report, { templates, artifacts }), { report, rules })];
  if (mapped.kind === 'ok') return { kind: 'events', events, key };
  return { kind: 'events', events, key, refusals: [{ event: 0, reason: 'unmappedVariable', message: mapped.message }] };
}

/**
 * What a failed build tested is named by the mapping all the same: it may have published the image before its tests failed, and
 * where it has not, the report is about nothing.
 */
function withReports(
  event: BuildEvent,
  { report, rules }: { readonly report: BuildReport; readonly rules: Parameters<typeof mapBuild>[0] },
): BuildEvent {
  const { reports = [], pipeline, variables } = report;
  if (reports.length === 0) return event;
  if (event.artifacts.length > 0) return { ...event, reports };
  const mapped = mapBuild(rules, { pipeline, variables });
  const images = mapped.kind === 'ok' ? mapped.artifacts.map(({ artifact }) => artifact) : [];
  return { ...event, reports: reports.map((one) => ({ ...one, images })) };
}

interface Found {
  readonly templates: { readonly branch?: string; readonly revision?: string };
  readonly artifacts: readonly BuildArtifact[];
}

function buildEvent(report: BuildReport, { templates, artifacts }: Found): BuildEvent {
  const { pipeline, build, outcome, startedAt, finishedAt, at = finishedAt, variables } = report;
  const provenance = within(report.provenance, longest.provenance);
  const branch = within(report.branch || filled(templates.branch, variables), longest.branch);
  const revision = within(report.revision || filled(templates.revision, variables), longest.revision);
  return {
    kind: 'build',
    at,
    pipeline,
    build,
    outcome,
    branch,
    revision,
    startedAt,
    finishedAt,
    provenance,
    artifacts,
  };
}

function filled(template: string | undefined, variables: Variables): string | undefined {
  const text = template === undefined ? undefined : fillTemplate(template, variables);
  return text?.kind === 'ok' ? text.text : undefined;
}

/** What nothing of ours could compare with is left out; it only describes. */
function within(text: string | undefined, most: number): string | undefined {
  return text === undefined || text === '' || text.length > most ? undefined : text;
}

function reportFault({ pipeline, build }: BuildReport): string | undefined {
  for (const [what, text, most] of [
    ['pipeline', pipeline, longest.pipeline],
    ['build', build, longest.build],
  ] as const) {
    if (text === '' || text.length > most)
      return `The name of the ${what} has ${text.length} characters; 1 to ${most} fit.`;
    if (/\p{Cc}/u.test(text)) return `The name of the ${what} has control characters.`;
  }
  return undefined;
}

/** More than this of what people typed, or longer, is no part of an image's name. */
const maxVariables = 500;
const longestValue = 512;

/**
 * What `${…}` may name: `typed` by people, under and beside the sender's own `facts`, which cannot be overridden. Names that a
 * template cannot write and values that are no text or number are left out.
 */
export function reportedVariables(
  facts: Readonly<Record<string, string | number | undefined>>,
  typed: Iterable<readonly [string, unknown]> = [],
): Variables {
  const variables = new Map<string, string>();
  for (const [name, value] of typed) {
    if (variables.size >= maxVariables) break;
    const text = plain(value);
    if (text !== undefined && isVariableName(name)) variables.set(name, text);
  }
  for (const [name, value] of Object.entries(facts)) {
    const text = plain(value);
    if (text !== undefined && text !== '') variables.set(name, text);
  }
  return variables;
}

function plain(value: unknown): string | undefined {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text.length <= longestValue ? text : undefined;
}

/** The same names for every sender, beside its own. */
export function commonVariables(build: {
  readonly pipeline: string;
  readonly build: string;
  readonly branch?: string;
  readonly revision?: string;
}): Readonly<Record<string, string | undefined>> {
  const { pipeline, build: number, branch, revision } = build;
  return {
    PIPELINE: pipeline,
    BUILD: number,
    BRANCH: branch,
    REVISION: revision,
    SHORT_REVISION: revision?.slice(0, 7),
  };
}
