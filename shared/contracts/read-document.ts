import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import type { Json } from '../domain/json.ts';
import { joinPath } from '../domain/pipeline-draft.ts';
import { duplicateJsonKeys } from './duplicate-json-keys.ts';
import { jsonSyntaxMessage } from './json-syntax.ts';
import type { InputFault } from './schema.ts';

/** As sent, and again after aliases are expanded. */
const mostBytes = 256 * 1024;
const mostCharacters = 1024 * 1024;
const mostDepth = 48;
const mostAliases = 100;

type ParsedDocument = ReturnType<typeof parseDocument>;

const yamlTypes: readonly string[] = ['application/yaml', 'text/yaml', 'application/x-yaml'];

export type Document =
  | { readonly kind: 'ok'; readonly value: Json; readonly duplicates: readonly InputFault[] }
  | { readonly kind: 'malformed' | 'unsupported' | 'tooLarge'; readonly message: string };

/** JSON, or YAML 1.2, by media type; bounded in size, depth and aliases. Keys written twice are faults, each with its path. */
export function readDocument(body: string | Uint8Array, mediaType: string): Document {
  const type = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  const isJson = type === 'application/json';
  if (!isJson && !yamlTypes.includes(type)) {
    return { kind: 'unsupported', message: 'Send the file as application/yaml or application/json.' };
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  if (bytes.length > mostBytes) return { kind: 'tooLarge', message: 'A pipeline file is at most 256 KiB.' };
  const text = decode(bytes);
  if (text === undefined) return malformed('The file is not valid UTF-8.');
  const document = isJson ? readJson(text) : readYaml(text);
  return document.kind === 'ok' ? bounded(document) : document;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function readJson(text: string): Document {
  try {
    const value: Json = JSON.parse(text);
    return { kind: 'ok', value, duplicates: duplicateJsonKeys(text) };
  } catch (error) {
    return malformed(`The file is not JSON: ${jsonSyntaxMessage(error)}.`);
  }
}

function readYaml(text: string): Document {
  try {
    const lineCounter = new LineCounter();
    const document = parseDocument(text, { version: '1.2', uniqueKeys: false, prettyErrors: false, lineCounter });
    const [fault] = [...document.errors, ...document.warnings];
    if (fault) {
      const { line, col } = lineCounter.linePos(fault.pos[0]);
      return yamlFault(`line ${line}, column ${col}: ${fault.message}`);
    }
    if (document.directives?.yaml.version !== '1.2')
      return malformed('The file is not YAML 1.2: remove its %YAML line.');
    if (countAliases(document) > mostAliases) return malformed(`The file has more than ${mostAliases} aliases.`);
    const value: Json = document.toJS({ maxAliasCount: mostAliases });
    return { kind: 'ok', value, duplicates: duplicateYamlKeys(document.contents, '') };
  } catch (error) {
    // Too many aliases, an alias without its anchor, nesting beyond the stack.
    return yamlFault(error instanceof Error ? error.message : 'unreadable');
  }
}

/** Each alias is looked up anew among all nodes, so many of them cost the square. */
function countAliases(document: ParsedDocument): number {
  let count = 0;
  visit(document, {
    Alias: () => {
      count += 1;
    },
  });
  return count;
}

/** The parser recurses, and reports what the stack said. */
function yamlFault(message: string): Document {
  return malformed(`The file is not YAML 1.2: ${message.replace(/Maximum call stack.*/, 'nested too deeply')}`);
}

function duplicateYamlKeys(node: Node | null, path: string): readonly InputFault[] {
  if (isSeq<Node>(node)) return node.items.flatMap((item, index) => duplicateYamlKeys(item, joinPath(path, index)));
  if (!isMap<Node, Node | null>(node)) return [];
  const seen = new Set<string>();
  return node.items.flatMap(({ key, value }) => {
    const name = isScalar(key) ? String(key.value ?? '') : String(key);
    const at = joinPath(path, name);
    const twice = seen.has(name) ? [{ path: at, message: 'This key is written twice.' }] : [];
    seen.add(name);
    return [...twice, ...duplicateYamlKeys(value, at)];
  });
}

function bounded(document: Extract<Document, { kind: 'ok' }>): Document {
  const budget = { characters: mostCharacters };
  const fault = outOfBounds(document.value, 0, budget);
  if (fault) return malformed(fault);
  if (budget.characters < 0)
    return { kind: 'tooLarge', message: 'The file is over 1 MiB once its aliases are expanded.' };
  return document;
}

/** What JSON cannot carry, or the stack cannot. Stops looking once the budget is spent. */
function outOfBounds(value: unknown, depth: number, budget: { characters: number }): string | undefined {
  if (depth > mostDepth) return `The file is nested deeper than ${mostDepth} levels.`;
  budget.characters -= typeof value === 'string' ? value.length + 2 : 2;
  if (budget.characters < 0) return undefined;
  if (typeof value === 'string') return value.isWellFormed() ? undefined : 'A text holds half a surrogate pair.';
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'A number is infinite or none.';
  if (typeof value === 'boolean' || value === null) return undefined;
  if (typeof value !== 'object') return 'A value is none that JSON has.';
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__') return 'No key may be called __proto__.';
    const fault = outOfBounds(key, depth, budget) ?? outOfBounds(item, depth + 1, budget);
    if (fault) return fault;
  }
  return undefined;
}

function malformed(message: string): Document {
  return { kind: 'malformed', message };
}
