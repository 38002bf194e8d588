/** The fields of an artifact that a reference may name; `metadata.KEY` besides. */
export const artifactFields = [
  'name',
  'type',
  'version',
  'reference',
  'dockerUrl',
  'downloadUrl',
  'digest',
  'tag',
  'location',
  'provenance',
  'artifactAccount',
  'md5',
] as const;

export type ArtifactField = (typeof artifactFields)[number] | `metadata.${string}`;

/** A step of some ledger. `name` is as written, so it may hold `${…}`. */
interface Published {
  readonly job: string;
  readonly step: string;
  readonly name: string;
  readonly field?: ArtifactField;
}

/** What stands between `$[` and `]`. */
export type ArtifactReference =
  | { readonly scope: 'source'; readonly source: string; readonly field?: ArtifactField }
  | ({ readonly scope: 'build'; readonly source: string; readonly stage: string } & Published)
  | ({ readonly scope: 'stage'; readonly stage: string } & Published)
  | ({ readonly scope: 'job' } & Published);

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'reference'; readonly reference: ArtifactReference };

/** A text with `$[…]` and `${…}` in it. Neighbouring texts are one part. */
export interface Template {
  readonly parts: readonly TemplatePart[];
}

/** `position` counts UTF-16 units from 0. */
export interface TemplateFault {
  readonly kind: 'invalid';
  readonly position: number;
  readonly message: string;
}

type Parsed<T> = { readonly kind: 'ok'; readonly value: T; readonly end: number } | TemplateFault;

const idRule = 'a letter, then up to 63 letters, digits or _';
const fieldRule = `${artifactFields.join(', ')} or metadata.KEY`;
const nameRule = 'letters, digits, . _ - / and ${variables}';

export function parseTemplate(text: string): { readonly kind: 'ok'; readonly template: Template } | TemplateFault {
  const parts: TemplatePart[] = [];
  let from = 0;
  let literal = '';
  for (let at = text.indexOf('$'); at !== -1; at = text.indexOf('$', at)) {
    if (isEscape(text, at)) {
      literal += text.slice(from, at);
      from = at + 1;
      at += 3;
      continue;
    }
    const opener = text[at + 1];
    if (opener !== '[' && opener !== '{') {
      at += 1;
      continue;
    }
    const parsed = opener === '[' ? parseReferencePart(text, at) : parseVariablePart(text, at);
    if (parsed.kind === 'invalid') return parsed;
    pushText(parts, literal + text.slice(from, at));
    parts.push(parsed.value);
    literal = '';
    from = parsed.end;
    at = parsed.end;
  }
  pushText(parts, literal + text.slice(from));
  return { kind: 'ok', template: { parts } };
}

/**
 * The text that parses to this template. `parseTemplate` never makes a text part that ends in `$` before another part:
 * such a template has no written form.
 */
export function printTemplate(template: Template): string {
  return template.parts.map(printPart).join('');
}

export function printReference(reference: ArtifactReference): string {
  switch (reference.scope) {
    case 'source':
      return `$[sources.${reference.source}${reference.field === undefined ? '' : `.${reference.field}`}]`;
    case 'build':
      return `$[sources.${reference.source}.stages.${reference.stage}.${printPublished(reference)}]`;
    case 'stage':
      return `$[stages.${reference.stage}.${printPublished(reference)}]`;
    case 'job':
      return `$[jobs.${printPublished(reference)}]`;
  }
}

/** In the order of the text, repeated ones too. */
export function templateReferences(template: Template): readonly ArtifactReference[] {
  return template.parts.flatMap((part) => (part.kind === 'reference' ? [part.reference] : []));
}

/** Names of the `${…}` in the text and in the names of its references, in order, each once. */
export function templateVariables(template: Template): readonly string[] {
  const names = template.parts.flatMap((part) => {
    if (part.kind === 'variable') return [part.name];
    if (part.kind === 'text' || part.reference.scope === 'source') return [];
    return templateVariables(artifactNameTemplate(part.reference.name));
  });
  return [...new Set(names)];
}

/** The name of a reference, with its `${…}` as parts. */
export function artifactNameTemplate(name: string): Template {
  const parsed = parseTemplate(name);
  return parsed.kind === 'ok' ? parsed.template : { parts: [{ kind: 'text', text: name }] };
}

/** Ids of sources, stages, jobs and steps. */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(text);
}

/** What `${…}` can name, so also what a parameter may be called. */
export function isVariableName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(text);
}

/** Whether a reference can name an artifact so: what `publishes` may say. `${…}` may stand in it. */
export function isArtifactName(text: string): boolean {
  const parsed = scanName(text, 0);
  return parsed.kind === 'ok' && parsed.end === text.length;
}

function isEscape(text: string, at: number): boolean {
  return text.startsWith('$$[', at) || text.startsWith('$${', at);
}

function pushText(parts: TemplatePart[], text: string): void {
  if (text !== '') parts.push({ kind: 'text', text });
}

function printPart(part: TemplatePart): string {
  if (part.kind === 'text') return part.text.replaceAll('$[', '$$$$[').replaceAll('${', '$$$${');
  return part.kind === 'variable' ? `\${${part.name}}` : printReference(part.reference);
}

function printPublished(reference: Published): string {
  const field = reference.field === undefined ? '' : `#${reference.field}`;
  return `${reference.job}.${reference.step}.artifacts.${reference.name}${field}`;
}

function parseVariablePart(text: string, at: number): Parsed<TemplatePart> {
  const end = scanWhile(text, at + 2, /[A-Za-z0-9_.-]/);
  const name = text.slice(at + 2, end);
  if (!isVariableName(name)) {
    return fault(
      at + 2,
      'expected the name of a variable: a letter or _, then letters, digits, . _ or - (128 at most)',
    );
  }
  if (text[end] !== '}') return fault(end, `expected } to end \${${name}; write $\${ for the literal text \${`);
  return { kind: 'ok', value: { kind: 'variable', name }, end: end + 1 };
}

function parseReferencePart(text: string, at: number): Parsed<TemplatePart> {
  const scope = parseReferenceBody(text, at + 2);
  if (scope.kind === 'invalid') return scope;
  if (text[scope.end] !== ']') return fault(scope.end, 'expected ] to end the reference');
  return { kind: 'ok', value: { kind: 'reference', reference: scope.value }, end: scope.end + 1 };
}

function parseReferenceBody(text: string, at: number): Parsed<ArtifactReference> {
  const end = scanWhile(text, at, /[A-Za-z0-9_]/);
  switch (text[end] === '.' ? text.slice(at, end) : '') {
    case 'sources':
      return parseSource(text, end + 1);
    case 'stages':
      return parseStage(text, end + 1);
    case 'jobs':
      return mapParsed(parsePublished(text, end + 1), (value) => ({ scope: 'job', ...value }));
    default:
      return fault(at, 'expected sources., stages. or jobs. here; write $$[ for the literal text $[');
  }
}

function parseSource(text: string, at: number): Parsed<ArtifactReference> {
  const id = parseId(text, at, 'the id of a source');
  if (id.kind === 'invalid') return id;
  const source = id.value;
  if (text[id.end] !== '.') return endOfSource(text, id.end, source);
  if (text.startsWith('stages.', id.end + 1)) {
    return mapParsed(parseStage(text, id.end + 8), (value) => ({ ...value, scope: 'build', source }));
  }
  return mapParsed(parseField(text, id.end + 1, 'stages.STAGE.JOB.STEP.artifacts.NAME or '), (field) => ({
    scope: 'source',
    source,
    field,
  }));
}

function endOfSource(text: string, at: number, source: string): Parsed<ArtifactReference> {
  if (text[at] === ']') return { kind: 'ok', value: { scope: 'source', source }, end: at };
  return fault(at, 'expected ] or .FIELD after the id of the source');
}

function parseStage(text: string, at: number): Parsed<Extract<ArtifactReference, { scope: 'stage' }>> {
  const stage = parseId(text, at, 'the id of a stage');
  if (stage.kind === 'invalid') return stage;
  if (text[stage.end] !== '.') return fault(stage.end, 'expected .JOB.STEP.artifacts.NAME after the id of the stage');
  return mapParsed(parsePublished(text, stage.end + 1), (value) => ({ scope: 'stage', stage: stage.value, ...value }));
}

function parsePublished(text: string, at: number): Parsed<Published> {
  const job = parseId(text, at, 'the id of a job');
  if (job.kind === 'invalid') return job;
  if (text[job.end] !== '.') return fault(job.end, 'expected .STEP.artifacts.NAME after the id of the job');
  const step = parseId(text, job.end + 1, 'the id of a step');
  if (step.kind === 'invalid') return step;
  if (!text.startsWith('.artifacts.', step.end)) {
    return fault(step.end, 'expected .artifacts.NAME after the id of the step; NAME is default where it has no name');
  }
  return parseName(text, step.end + '.artifacts.'.length, { job: job.value, step: step.value });
}

function parseName(text: string, at: number, step: { job: string; step: string }): Parsed<Published> {
  const name = scanName(text, at);
  if (name.kind === 'invalid') return name;
  const named = { ...step, name: name.value };
  if (text[name.end] === ']') return { kind: 'ok', value: named, end: name.end };
  if (text[name.end] !== '#') return fault(name.end, `expected ] or #FIELD; a name is ${nameRule}`);
  return mapParsed(parseField(text, name.end + 1, ''), (field) => ({ ...named, field }));
}

/** From `at` as far as the name goes. */
function scanName(text: string, at: number): Parsed<string> {
  let end = at;
  for (;;) {
    end = scanNameText(text, end);
    if (!text.startsWith('${', end)) break;
    const variable = parseVariablePart(text, end);
    if (variable.kind === 'invalid') return variable;
    end = variable.end;
  }
  if (end === at) return fault(at, `expected the name of an artifact: ${nameRule}`);
  return { kind: 'ok', value: text.slice(at, end), end };
}

function scanNameText(text: string, at: number): number {
  let end = at;
  for (;;) {
    const code = text.codePointAt(end);
    if (code === undefined) return end;
    const character = String.fromCodePoint(code);
    if (!/[\p{L}\p{M}\p{Nd}._/-]/u.test(character)) return end;
    end += character.length;
  }
}

function parseField(text: string, at: number, alternative: string): Parsed<ArtifactField> {
  const end = scanWhile(text, at, /[A-Za-z0-9]/);
  const word = text.slice(at, end);
  if (word === 'metadata' && text[end] === '.') {
    const keyEnd = scanNameText(text, end + 1);
    if (keyEnd === end + 1) return fault(keyEnd, 'expected a key of the metadata: letters, digits, . _ - /');
    return { kind: 'ok', value: `metadata.${text.slice(end + 1, keyEnd)}`, end: keyEnd };
  }
  const field = artifactFields.find((known) => known === word);
  if (field === undefined) return fault(at, `expected ${alternative}a field: ${fieldRule}`);
  return { kind: 'ok', value: field, end };
}

function parseId(text: string, at: number, what: string): Parsed<string> {
  const end = scanWhile(text, at, /[A-Za-z0-9_]/);
  const id = text.slice(at, end);
  return isIdentifier(id) ? { kind: 'ok', value: id, end } : fault(at, `expected ${what}: ${idRule}`);
}

/** `one` must match single characters. */
function scanWhile(text: string, at: number, one: RegExp): number {
  let end = at;
  while (end < text.length && one.test(text.charAt(end))) end += 1;
  return end;
}

function mapParsed<T, U>(parsed: Parsed<T>, map: (value: T) => U): Parsed<U> {
  return parsed.kind === 'ok' ? { ...parsed, value: map(parsed.value) } : parsed;
}

function fault(position: number, message: string): TemplateFault {
  return { kind: 'invalid', position, message };
}
