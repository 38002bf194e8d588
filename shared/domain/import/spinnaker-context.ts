import { builtInVariables } from '../check-references.ts';
import { isVariableName } from '../expression.ts';
import type { Json, JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';
import type { Notes } from './imported.ts';
import { Ids } from './names.ts';
import { listOf, objectOf, textOf } from './read-loose.ts';

const longestParameter = 4096;

/** What grows while a pipeline of Spinnaker's is translated. */
export interface SpinnakerContext {
  readonly notes: Notes;
  readonly name: string;
  readonly parameters: Map<string, string>;
  readonly sources: Map<string, JsonObject>;
  readonly expected: Map<string, JsonObject>;
  /** Ids of sources and expectations. */
  readonly ids: Ids;
  /** An expectation's id in the file -> ours, be it an expectation or a source now. */
  readonly expectedIds: Map<string, string>;
}

export function newSpinnakerContext(name: string, notes: Notes): SpinnakerContext {
  return {
    notes,
    name,
    parameters: new Map(),
    sources: new Map(),
    expected: new Map(),
    ids: new Ids(),
    expectedIds: new Map(),
  };
}

/** `parameterConfig: [{name, default, …}]`. */
export function readParameterConfig({ notes, parameters }: SpinnakerContext, value: Json | undefined): void {
  for (const [index, item] of listOf(value).entries()) {
    const path = joinPath('parameterConfig', index);
    const { name: given, default: standard = '', ...rest } = objectOf(item);
    const name = textOf(given) ?? '';
    const text = typeof standard === 'object' ? (standard === null ? '' : JSON.stringify(standard)) : String(standard);
    notes.leftover(rest, path, { read: ['label', 'description', 'pinned', 'hasOptions'], reasons });
    if (!isVariableName(name) || name === '__proto__')
      notes.add(path, 'is left out: its name is no name of a parameter.');
    else if (builtInVariables.some((builtIn) => builtIn === name))
      notes.add(path, `is left out: \${${name}} is built in.`);
    else if (text.length > longestParameter) notes.add(path, `is left out: it is over ${longestParameter} characters.`);
    else parameters.set(name, text);
  }
}

const reasons: Readonly<Record<string, string>> = {
  required: 'has no counterpart: a parameter always has a value, empty where there is no other.',
  options: 'has no counterpart: any value is taken.',
};
