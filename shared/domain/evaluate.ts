import { type Artifact, imageType } from './artifact.ts';
import { artifactField } from './artifact-field.ts';
import {
  type ArtifactReference,
  artifactNameTemplate,
  parseTemplate,
  printReference,
  type Template,
  type TemplatePart,
} from './expression.ts';
import { isJsonObject, type Json } from './json.ts';

/** How deep `with` may nest: what is deeper is a mistake or an attack on the stack. */
const maxDepth = 64;

/** Where a text with references or variables stands, e.g. `with.variables[0].value`. */
export interface LocatedTemplate {
  readonly path: string;
  readonly template: Template;
}

export interface LocatedFault {
  readonly path: string;
  readonly message: string;
}

export type CollectedTemplates =
  | { readonly kind: 'ok'; readonly templates: readonly LocatedTemplate[] }
  | { readonly kind: 'invalid'; readonly errors: readonly LocatedFault[] };

/** What a reference finds at run time. `published`: the names that the step did publish, or the sources that are bound. */
export type FoundArtifact =
  | { readonly kind: 'found'; readonly artifact: Artifact }
  | { readonly kind: 'missing'; readonly published: readonly string[] };

export interface EvaluationScope {
  variable(name: string): string | undefined;
  /** For the message when a variable is unknown. */
  readonly variableNames?: readonly string[];
  /** Variables in `name` are resolved already. */
  artifact(reference: ArtifactReference): FoundArtifact;
}

export type EvaluationFailureCode = 'artifactNotFound' | 'digestRequired' | 'invalidInput';

export type Evaluated =
  | { readonly kind: 'ok'; readonly value: Json; readonly artifacts: readonly Artifact[] }
  | { readonly kind: 'failed'; readonly code: EvaluationFailureCode; readonly message: string };

/** Every text of `value` with a reference or variable in it, in order; keys are not looked at. `at` is put before the paths. */
export function collectTemplates(value: Json, at = ''): CollectedTemplates {
  const templates: LocatedTemplate[] = [];
  const errors: LocatedFault[] = [];
  collect(value, at, { depth: 0, templates, errors });
  return errors.length > 0 ? { kind: 'invalid', errors } : { kind: 'ok', templates };
}

interface Collection {
  readonly depth: number;
  readonly templates: LocatedTemplate[];
  readonly errors: LocatedFault[];
}

function collect(value: Json, path: string, into: Collection): void {
  if (into.depth > maxDepth) {
    into.errors.push({ path, message: `is nested deeper than ${maxDepth} levels` });
    return;
  }
  if (typeof value === 'string') collectText(value, path, into);
  const deeper = { ...into, depth: into.depth + 1 };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) collect(item, `${path}[${index}]`, deeper);
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) collect(item, path === '' ? key : `${path}.${key}`, deeper);
  }
}

function collectText(text: string, path: string, into: Collection): void {
  const parsed = parseTemplate(text);
  if (parsed.kind === 'invalid') {
    into.errors.push({ path, message: `at position ${parsed.position}: ${parsed.message}` });
  } else if (parsed.template.parts.some((part) => part.kind !== 'text')) {
    into.templates.push({ path, template: parsed.template });
  }
}

/** Puts every reference and variable in the texts of `value`. `artifacts` are those referred to, in order, each once. */
export function resolveJson(value: Json, scope: EvaluationScope): Evaluated {
  const artifacts = new Map<string, Artifact>();
  const resolved = resolveValue(value, { scope, artifacts, depth: 0 });
  if (resolved.kind === 'failed') return resolved;
  return { kind: 'ok', value: resolved.value, artifacts: [...artifacts.values()] };
}

interface Evaluation {
  readonly scope: EvaluationScope;
  readonly artifacts: Map<string, Artifact>;
  readonly depth: number;
}

type Failed = Extract<Evaluated, { kind: 'failed' }>;
type Resolved<T> = { readonly kind: 'ok'; readonly value: T } | Failed;

function resolveValue(value: Json, evaluation: Evaluation): Resolved<Json> {
  if (evaluation.depth > maxDepth) return failed('invalidInput', `The input is nested deeper than ${maxDepth} levels.`);
  if (typeof value === 'string') return resolveText(value, evaluation);
  const deeper = { ...evaluation, depth: evaluation.depth + 1 };
  if (Array.isArray(value)) return resolveEach(value, (item) => resolveValue(item, deeper));
  if (!isJsonObject(value)) return { kind: 'ok', value };
  const keys = Object.keys(value);
  const values = resolveEach(Object.values(value), (item) => resolveValue(item, deeper));
  if (values.kind === 'failed') return values;
  return { kind: 'ok', value: Object.fromEntries(keys.map((key, index) => [key, values.value[index] ?? null])) };
}

function resolveEach<T, U>(items: readonly T[], resolve: (item: T) => Resolved<U>): Resolved<readonly U[]> {
  const values: U[] = [];
  for (const item of items) {
    const resolved = resolve(item);
    if (resolved.kind === 'failed') return resolved;
    values.push(resolved.value);
  }
  return { kind: 'ok', value: values };
}

function resolveText(text: string, evaluation: Evaluation): Resolved<string> {
  const parsed = parseTemplate(text);
  if (parsed.kind === 'invalid') {
    return failed('invalidInput', `In "${shortened(text)}" at position ${parsed.position}: ${parsed.message}.`);
  }
  return resolveTemplate(parsed.template, evaluation);
}

function resolveTemplate(template: Template, evaluation: Evaluation): Resolved<string> {
  const texts = resolveEach(template.parts, (part) => resolvePart(part, evaluation));
  return texts.kind === 'failed' ? texts : { kind: 'ok', value: texts.value.join('') };
}

function resolvePart(part: TemplatePart, evaluation: Evaluation): Resolved<string> {
  if (part.kind === 'text') return { kind: 'ok', value: part.text };
  if (part.kind === 'reference') return resolveReference(part.reference, evaluation);
  const value = evaluation.scope.variable(part.name);
  return value === undefined ? unknownVariable(part.name, evaluation.scope) : { kind: 'ok', value };
}

function resolveReference(reference: ArtifactReference, evaluation: Evaluation): Resolved<string> {
  const named = resolveName(reference, evaluation);
  if (named.kind === 'failed') return named;
  const found = evaluation.scope.artifact(named.value);
  if (found.kind === 'missing') return failed('artifactNotFound', missingMessage(named.value, found.published));
  evaluation.artifacts.set(found.artifact.uuid, found.artifact);
  const text = artifactField(found.artifact, reference.field);
  return text === undefined ? lackingField(named.value, found.artifact) : { kind: 'ok', value: text };
}

function resolveName(reference: ArtifactReference, evaluation: Evaluation): Resolved<ArtifactReference> {
  if (reference.scope === 'source') return { kind: 'ok', value: reference };
  const name = resolveTemplate(artifactNameTemplate(reference.name), evaluation);
  return name.kind === 'failed' ? name : { kind: 'ok', value: { ...reference, name: name.value } };
}

function lackingField(reference: ArtifactReference, artifact: Artifact): Failed {
  const what = `${printReference(reference)}: the ${artifact.type} "${artifact.name}"`;
  const needsDigest = reference.field === undefined || reference.field === 'dockerUrl' || reference.field === 'digest';
  if (artifact.type === imageType && needsDigest) {
    return failed('digestRequired', `${what} has no digest; an image is only handed on by its sha256 digest.`);
  }
  return failed('artifactNotFound', `${what} has no ${reference.field ?? 'reference'}.`);
}

function missingMessage(reference: ArtifactReference, published: readonly string[]): string {
  const printed = printReference(reference);
  if (reference.scope === 'source') {
    const bound = published.length === 0 ? '' : ` Bound are ${published.join(', ')}.`;
    return `${printed}: nothing is bound to source ${reference.source}.${bound}`;
  }
  const names = published.length === 0 ? 'it published nothing' : `it published ${published.join(', ')}`;
  const origin = reference.scope === 'build' ? `the build of source ${reference.source}` : 'this execution';
  return `${printed}: step ${reference.step} of ${origin} published no artifact "${reference.name}"; ${names}.`;
}

function unknownVariable(name: string, scope: EvaluationScope): Failed {
  const known = scope.variableNames === undefined ? '' : ` Known here: ${scope.variableNames.join(', ')}.`;
  return failed('invalidInput', `The variable \${${name}} is not set.${known}`);
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function failed(code: EvaluationFailureCode, message: string): Failed {
  return { kind: 'failed', code, message };
}
