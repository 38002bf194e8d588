import { builtInVariables } from '../check-references.ts';
import { printTemplate } from '../expression.ts';
import type { Notes } from './imported.ts';

/** Spinnaker's expressions for what is a variable here. `name`: the parameter that is named. */
const forms: readonly (readonly [RegExp, string | 'name'])[] = [
  [/^(?:#root\.)?(?:trigger\.)?parameters(?:\.|\?\.)([\w-]+)$/, 'name'],
  [/^(?:#root\.)?(?:trigger\.)?parameters\[\s*['"]([\w.-]+)['"]\s*\]$/, 'name'],
  [/^trigger(?:\.tag|\[\s*['"]tag['"]\s*\])$/, 'TAG'],
  [/^trigger(?:\.digest|\[\s*['"]digest['"]\s*\])$/, 'DIGEST'],
  [/^execution(?:\.id|\[\s*['"]id['"]\s*\])$/, 'EXECUTION_ID'],
  [/^execution(?:\.name|\[\s*['"]name['"]\s*\])$/, 'PIPELINE_NAME'],
];

interface SpelScope {
  readonly notes: Notes;
  readonly parameters: ReadonlyMap<string, string>;
}

/** A text of Spinnaker's: expressions that are a parameter or built in become it, others stay as text and are noted. */
export function spelText(text: string, path: string, { notes, parameters }: SpelScope): string {
  let from = 0;
  let result = '';
  for (const match of text.matchAll(/\$\{([^}]*)\}/g)) {
    const variable = variableOf((match[1] ?? '').trim(), parameters);
    // A `$` before it would read as an escape.
    if (variable === undefined || text[match.index - 1] === '$') continue;
    result += `${literal(text.slice(from, match.index))}\${${variable}}`;
    from = match.index + match[0].length;
  }
  const rest = text.slice(from);
  if ((result + rest).includes('${') && hasSpel(text, parameters)) {
    notes.add(path, 'holds SpEL, which is not evaluated here: it is kept as text.');
  }
  return result + literal(rest);
}

/** Whether an expression remains that is no variable here. */
export function hasSpel(text: string, parameters: ReadonlyMap<string, string>): boolean {
  if (
    [...text.matchAll(/\$\{([^}]*)\}/g)].some((match) => variableOf((match[1] ?? '').trim(), parameters) === undefined)
  )
    return true;
  return text.replaceAll(/\$\{[^}]*\}/g, '').includes('${');
}

function literal(text: string): string {
  return text === '' ? '' : printTemplate({ parts: [{ kind: 'text', text }] });
}

function variableOf(expression: string, parameters: ReadonlyMap<string, string>): string | undefined {
  for (const [form, meaning] of forms) {
    const found = form.exec(expression);
    if (found === null) continue;
    const name = meaning === 'name' ? (found[1] ?? '') : meaning;
    if (parameters.has(name) || builtInVariables.some((builtIn) => builtIn === name)) return name;
  }
  return undefined;
}
