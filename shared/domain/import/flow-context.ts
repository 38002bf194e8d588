import { builtInVariables } from '../check-references.ts';
import { type ArtifactReference, isIdentifier, isVariableName } from '../expression.ts';
import type { Json, JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';
import type { Notes } from './imported.ts';
import { Ids, nameLike } from './names.ts';
import { listOf, objectOf, textOf } from './read-loose.ts';
import { rewriteText } from './rewrite-text.ts';

const longestParameter = 4096;
/** No key of a document may be called so. */
const unusableKey = '__proto__';

/** What grows while a Flow file is translated. */
export interface FlowContext {
  readonly notes: Notes;
  readonly name: string;
  readonly parameters: Map<string, string>;
  /** Our sources, by our id. */
  readonly sources: Map<string, JsonObject>;
  readonly expected: Map<string, JsonObject>;
  /** Ids of sources and expectations. */
  readonly ids: Ids;
  /** Flow's source id -> ours. */
  readonly sourceIds: Map<string, string>;
}

export function newContext(name: string, notes: Notes): FlowContext {
  return {
    notes,
    name,
    parameters: new Map(),
    sources: new Map(),
    expected: new Map(),
    ids: new Ids(),
    sourceIds: new Map(),
  };
}

/** `variables: [{key, value, type?}]`. */
export function readVariables(context: FlowContext, value: Json | undefined): void {
  for (const [index, item] of listOf(value).entries()) {
    const path = joinPath('variables', index);
    const { key, value: given = '', ...rest } = objectOf(item);
    const name = textOf(key) ?? '';
    const text = typeof given === 'object' ? JSON.stringify(given) : String(given);
    context.notes.leftover(rest, path, { read: ['type', 'description', 'runningConfig'] });
    if (!isVariableName(name) || name === unusableKey)
      context.notes.add(path, 'is left out: its key is no name of a parameter.');
    else if (isBuiltIn(name)) context.notes.add(path, `is left out: \${${name}} is built in.`);
    else if (text.length > longestParameter)
      context.notes.add(path, `is left out: it is over ${longestParameter} characters.`);
    else context.parameters.set(name, text);
  }
}

function isBuiltIn(name: string): boolean {
  return builtInVariables.some((builtIn) => builtIn === name);
}

export type ReferenceRule = (reference: ArtifactReference) => ArtifactReference | undefined;

/** A text of an input: a variable that nothing sets becomes a parameter, a reference that leads nowhere literal text. */
export function inputText(
  context: FlowContext,
  text: string,
  at: { readonly path: string; readonly reference: ReferenceRule },
): string {
  return rewriteText(withOurIds(context, text), {
    reference: (reference) => referred(context, reference, at),
    variable: (name) => known(context, name) || addParameter(context, name, at.path),
  });
}

/** A script: `${…}` that is none of ours is the shell's. */
export function scriptText(
  context: FlowContext,
  text: string,
  at: { readonly path: string; readonly reference: ReferenceRule },
): string {
  const shell = new Set<string>();
  const isKnown = (name: string): boolean => {
    if (!known(context, name)) shell.add(name);
    return known(context, name);
  };
  const script = rewriteText(withOurIds(context, text), {
    reference: (reference) => referred(context, reference, at),
    variable: isKnown,
  });
  if (shell.size > 0) {
    const names = [...shell].slice(0, 10).join(', ');
    context.notes.add(at.path, `${names}: no parameter and not built in, so left to the shell of the machine.`);
  }
  return script;
}

/** An id of a source that could be none here has another one, which references must name to be read at all. */
function withOurIds(context: FlowContext, text: string): string {
  return text.replaceAll(/(\$\[sources\.)([^.\]]+)/g, (whole, before: string, flowId: string) => {
    const id = isIdentifier(flowId) ? undefined : context.sourceIds.get(flowId);
    return id === undefined ? whole : `${before}${id}`;
  });
}

function known(context: FlowContext, name: string): boolean {
  return isBuiltIn(name) || context.parameters.has(name);
}

function addParameter(context: FlowContext, name: string, path: string): boolean {
  if (name === unusableKey) return false;
  context.parameters.set(name, '');
  context.notes.add(
    path,
    `\${${name}} is set nowhere in the file: it becomes a parameter, empty unless a run sets it.`,
  );
  return true;
}

function referred(
  context: FlowContext,
  reference: ArtifactReference,
  at: { readonly path: string; readonly reference: ReferenceRule },
): ArtifactReference | undefined {
  const found = at.reference(reference);
  if (found === undefined)
    context.notes.add(at.path, 'refers to something that is not imported; the reference is kept as text.');
  return found;
}

/** Parameters with their values put in, where all are known: for what must be written out. */
export function filledText(context: FlowContext, text: string): string {
  return text.replaceAll(
    /\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}/g,
    (whole, name: string) => context.parameters.get(name) || whole,
  );
}

/** Credentials live in an account of that name; nobody can import them. */
export function noteAccount(context: FlowContext, value: Json | undefined, path: string): string | undefined {
  const written = textOf(value) ?? textOf(objectOf(value).serviceConnection);
  const name = written === undefined ? undefined : nameLike(written);
  if (name === undefined) return undefined;
  context.notes.add(path, `becomes the account "${name}": create it with its credentials (PUT /v1/accounts/${name}).`);
  return name;
}
