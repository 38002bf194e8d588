import { JSONPathEnvironment, type JSONPathQuery, type JSONValue } from 'json-p3';
import type { Json } from './json.ts';

/** Deeper payloads are not walked by `..`. */
const maxDepth = 100;
const maxSegments = 32;
/** Names, indexes and wildcards side by side in one bracket, over all segments: each multiplies the work. */
const maxWidth = 16;
const maxLength = 512;
/** Values that one query may give. */
const maxFound = 10_000;

export type CompiledPath =
  | {
      readonly kind: 'ok';
      /** At most one place: what is there stands for itself, also a list. */
      readonly singular: boolean;
      /** Every value that is there, in document order. Throws where the payload is too deep or gives too much. */
      select(value: Json): readonly unknown[];
    }
  | { readonly kind: 'invalid'; readonly message: string };

const environment = new JSONPathEnvironment({ maxRecursionDepth: maxDepth });
// They match by the platform's own expressions, which may take for ever; the constraint's own pattern does that work.
environment.functionRegister.delete('match');
environment.functionRegister.delete('search');

/**
 * RFC 9535, with `a.b` for `$.a.b`, and dotted names that it wants in brackets (`a.b-c`). Work is bounded by the payload's
 * size: one `..` at most, and none in a filter.
 */
export function compileJsonPath(text: string): CompiledPath {
  if (text.length > maxLength) return invalid(`must be at most ${maxLength} characters`);
  const rooted = text.startsWith('$') ? text : `$.${text}`;
  try {
    const query = environment.compile(dotted(rooted) ?? rooted);
    const fault = wideness(query);
    return fault === undefined ? { kind: 'ok', singular: query.singularQuery(), select: selector(query) } : fault;
  } catch (error) {
    return invalid(error instanceof Error ? error.message : 'is no JSONPath');
  }
}

function invalid(message: string): Extract<CompiledPath, { kind: 'invalid' }> {
  return { kind: 'invalid', message };
}

/** `$.a.b-c` as `$['a']['b-c']`; undefined where it is more than names. */
function dotted(path: string): string | undefined {
  if (!/^\$(?:\.[^.[\]*'"()?@,:\s\\]+)+$/.test(path)) return undefined;
  const names = path.slice(2).split('.');
  return `$${names.map((name) => `['${name}']`).join('')}`;
}

function wideness(query: JSONPathQuery): Extract<CompiledPath, { kind: 'invalid' }> | undefined {
  const { segments } = query;
  if (segments.length > maxSegments) return invalid(`must have at most ${maxSegments} segments`);
  const text = String(query);
  const filters = segments.flatMap(({ selectors }) => selectors.map(String)).filter((one) => one.startsWith('?'));
  const descendants = segments.filter((segment) => String(segment).startsWith('..')).length;
  if (descendants > 1) return invalid('must have at most one ..');
  if (filters.length > 1 || filters.some((filter) => /\.\.|\[\?|\$/.test(unquoted(filter)))) {
    return invalid('must have at most one filter, and that neither .., $ nor a filter of its own');
  }
  const width = segments.reduce((product, { selectors }) => product * selectors.length, 1);
  const inFilter = (unquoted(text).match(/[,&|]/g) ?? []).length;
  return width > maxWidth || inFilter > maxWidth ? invalid('names too much at once') : undefined;
}

/** Without the names and texts in it. */
function unquoted(text: string): string {
  return text.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, "''");
}

function selector(query: JSONPathQuery): (value: Json) => readonly unknown[] {
  return (value) => {
    const found: unknown[] = [];
    // The library only reads; its type does not say so.
    for (const node of query.lazyQuery(value as JSONValue)) {
      if (found.length >= maxFound) throw new RangeError(`gives more than ${maxFound} values`);
      found.push(node.value);
    }
    return found;
  };
}
