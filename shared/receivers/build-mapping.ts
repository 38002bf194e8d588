import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Artifact } from '../domain/artifact.ts';
import { imageType } from '../domain/artifact.ts';
import { normaliseArtifact } from '../domain/artifact-identity.ts';
import type { BuildArtifact } from '../domain/delivery.ts';
import { isArtifactName, isIdentifier, parseTemplate, templateVariables } from '../domain/expression.ts';
import { globMatches } from '../domain/glob.ts';
import type { JsonObject } from '../domain/json.ts';
import { namesHost, parseReference } from '../domain/reference.ts';
import { pipelineGlob } from './pipeline-glob.ts';

/** What a build published, as its receiver was told: contract 5, "Build mappings". */
export interface ImageRule {
  readonly stage: string;
  readonly job: string;
  readonly step: string;
  readonly name?: string;
  /** Only for builds of pipelines that match; absent = every one. */
  readonly pipeline?: string;
  /** With `${…}` over what the sender reports. */
  readonly image: string;
}

export interface BuildSettings {
  readonly artifacts: readonly ImageRule[];
  /** Where the sender says neither: what the build was made from. */
  readonly branch?: string;
  readonly revision?: string;
}

/** By name. A variable that is reported empty counts as not reported. */
export type Variables = ReadonlyMap<string, string>;

export type MappedBuild =
  | { readonly kind: 'ok'; readonly artifacts: readonly BuildArtifact[] }
  | { readonly kind: 'unmapped'; readonly variable: string; readonly message: string };

const identifier = z
  .string()
  .refine(isIdentifier, 'must be a letter, then up to 63 letters, digits or _')
  .default('build');
const template = z.string().max(512).superRefine(checkTemplate);
const imageRule = z.strictObject({
  stage: identifier,
  job: identifier.default('main'),
  step: identifier,
  name: z
    .string()
    .refine((text) => isArtifactName(text) && !text.includes('$'), 'must be letters, digits and . _ - /')
    .optional(),
  pipeline: pipelineGlob.optional(),
  image: template.refine(mayBeImage, 'must be host/repository:tag or host/repository@digest, with ${variables} in it'),
});

/** The settings that every build sender takes; a sender adds its own to them. */
export const buildSettingsShape = {
  artifacts: z.array(imageRule).max(100).superRefine(checkPlaces).default([]),
  branch: template.optional(),
  revision: template.optional(),
};

const BuildSettingsShape = z.object(buildSettingsShape);

/** As the table keeps settings: what is absent has no key. */
export function jsonSettings<T extends object>(shape: z.ZodType<T>): z.ZodType<JsonObject> {
  return shape.transform((settings): JsonObject => JSON.parse(JSON.stringify(settings)));
}

/** For build senders that have no settings of their own. */
export const buildSettings: z.ZodType<JsonObject> = jsonSettings(z.strictObject(buildSettingsShape));

/** Settings as PUT has stored them; unreadable ones (of another release) are none, so that a build is still recorded. */
export function readBuildSettings(settings: JsonObject): BuildSettings {
  const read = BuildSettingsShape.safeParse(settings);
  return read.success ? read.data : { artifacts: [] };
}

/**
 * The images of one build of `pipeline`. A variable that was not reported, or a text that is then no image, makes the whole
 * build unmapped: a tag is never empty and never guessed. Of rules for one place the first that means the pipeline is taken.
 */
export function mapBuild(
  rules: readonly ImageRule[],
  { pipeline, variables }: { readonly pipeline: string; readonly variables: Variables },
): MappedBuild {
  const artifacts: BuildArtifact[] = [];
  const taken = new Set<string>();
  for (const [index, rule] of rules.entries()) {
    if (!isMeant(rule, pipeline) || taken.has(placeOf(rule))) continue;
    taken.add(placeOf(rule));
    const mapped = mapImage(rule.image, variables);
    if (mapped.kind === 'unmapped') return { ...mapped, message: `artifacts.${index}.image: ${mapped.message}` };
    const { stage, job, step, name } = rule;
    artifacts.push({ stage, job, step, ...(name === undefined ? {} : { name }), artifact: mapped.artifact });
  }
  return { kind: 'ok', artifacts };
}

/** A template filled in, or the first variable that was not reported. */
export function fillTemplate(
  text: string,
  variables: Variables,
): { readonly kind: 'ok'; readonly text: string } | { readonly kind: 'unset'; readonly variable: string } {
  const parsed = parseTemplate(text);
  let filled = '';
  for (const part of parsed.kind === 'ok' ? parsed.template.parts : []) {
    if (part.kind === 'text') filled += part.text;
    if (part.kind !== 'variable') continue;
    const value = variables.get(part.name) ?? '';
    if (value === '') return { kind: 'unset', variable: part.name };
    filled += value;
  }
  return { kind: 'ok', text: filled };
}

/** An image as text, with host and with tag or digest; upper case in the repository is an owner's name, and means lower case. */
export function imageOfText(text: string): Artifact | undefined {
  const nameEnd = text.includes('@') ? text.indexOf('@') : text.length;
  const colon = text.lastIndexOf(':', nameEnd);
  const end = colon > text.lastIndexOf('/', nameEnd) ? colon : nameEnd;
  const reference = `${text.slice(0, end).toLowerCase()}${text.slice(end)}`;
  const parsed = namesHost(reference) ? parseReference(reference) : undefined;
  if (parsed === undefined || (parsed.tag === undefined && parsed.digest === undefined)) return undefined;
  const normal = normaliseArtifact({ type: imageType, reference }, sha1);
  return normal.kind === 'ok' ? normal.artifact : undefined;
}

function mapImage(
  template: string,
  variables: Variables,
): { readonly kind: 'ok'; readonly artifact: Artifact } | Extract<MappedBuild, { kind: 'unmapped' }> {
  const filled = fillTemplate(template, variables);
  if (filled.kind === 'unset') {
    const message = `the sender did not report \${${filled.variable}}; it reported ${namesOf(variables)}.`;
    return { kind: 'unmapped', variable: filled.variable, message };
  }
  const artifact = imageOfText(filled.text);
  if (artifact !== undefined) return { kind: 'ok', artifact };
  const used = variablesOf(template);
  const message = `with ${used.join(', ')} as reported it is no image reference with a host and a tag or digest.`;
  return { kind: 'unmapped', variable: used[0] ?? '', message };
}

/** Names only: a value may be a secret that somebody gave to a job. */
function namesOf(variables: Variables): string {
  const names = [...variables].flatMap(([name, value]) => (value === '' ? [] : [name]));
  const more = names.length > 30 ? ', …' : '';
  return names.length === 0 ? 'none' : `${names.sort().slice(0, 30).join(', ')}${more}`;
}

function placeOf({ stage, job, step, name }: ImageRule): string {
  return JSON.stringify([stage, job, step, name]);
}

function isMeant({ pipeline: pattern }: ImageRule, pipeline: string): boolean {
  return pattern === undefined || globMatches(pattern, pipeline);
}

function variablesOf(text: string): readonly string[] {
  const parsed = parseTemplate(text);
  return parsed.kind === 'ok' ? templateVariables(parsed.template) : [];
}

/** As far as it can be said before the variables are known: unless it begins with one, it begins with a host. */
function mayBeImage(text: string): boolean {
  if (parseTemplate(text).kind === 'invalid') return true;
  if (variablesOf(text).length === 0) return imageOfText(text) !== undefined;
  return text.startsWith('${') || namesHost(text);
}

function checkTemplate(text: string, context: z.RefinementCtx): void {
  const parsed = parseTemplate(text);
  if (parsed.kind === 'invalid') {
    context.addIssue({ code: 'custom', message: `${parsed.message} (at ${parsed.position})` });
  } else if (parsed.template.parts.some((part) => part.kind === 'reference')) {
    context.addIssue({ code: 'custom', message: 'takes ${variables} that the sender reports, no $[references]' });
  }
}

/** Two artifacts in one place could not be told apart by `$[sources.S.stages…]`. */
function checkPlaces(rules: readonly ImageRule[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [index, rule] of rules.entries()) {
    const place = JSON.stringify([rule.pipeline, placeOf(rule)]);
    if (seen.has(place)) {
      context.addIssue({ code: 'custom', path: [index], message: 'has stage, job, step and name of another one' });
    }
    seen.add(place);
  }
}

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}
