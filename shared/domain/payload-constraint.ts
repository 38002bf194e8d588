import { compileJavaPattern } from './java-pattern.ts';
import type { Json, JsonObject } from './json.ts';
import { type CompiledPath, compileJsonPath } from './json-path.ts';

/** Paths repeat between events; compiling costs more than asking. */
const paths = new Map<string, CompiledPath>();
const mostKept = 200;
/** Longer texts are not looked into. */
const maxText = 100_000;
/** Payloads with more values are asked by paths to one place only: looking everywhere takes a microsecond and more for each. */
const maxValues = 20_000;

/**
 * Whether one of Spinnaker's payload constraints holds. A top-level key: null = it is there; else the expression is found in
 * its value's text, maps and lists written as Java does. Another key is a JSONPath: found in the one value, or in one of a list's.
 * Whatever cannot be decided does not hold; nothing is thrown.
 */
export function constraintHolds(payload: JsonObject, key: string, pattern: string | null): boolean {
  try {
    const own = Object.hasOwn(payload, key) ? payload[key] : undefined;
    if (own !== undefined && own !== null) return pattern === null || finds(pattern, javaText(own));
    const found = atPath(payload, key);
    if (pattern === null) return found.some((value) => value !== null);
    return found.some((value) => finds(pattern, scalarText(value)));
  } catch {
    return false;
  }
}

/** Why a constraint as written can never hold or would not mean what it seems to; undefined = it is sound. */
export function constraintFault(key: string, pattern: string | null): string | undefined {
  if (pattern !== null && /^!/.test(pattern)) {
    return 'a constraint cannot be negated; to look for a literal !, write [!]';
  }
  const regex = pattern === null ? undefined : compileJavaPattern(pattern);
  if (regex?.kind === 'invalid') {
    return `at character ${regex.position + 1}: ${regex.message}${isNegative(pattern) ? negativeHint : ''}`;
  }
  // Any text is the name of a top-level key; what begins with $ can only be meant as a path.
  const path = key.startsWith('$') ? compileJsonPath(key) : undefined;
  return path?.kind === 'invalid' ? `the key is no JSONPath that can be asked: ${path.message}` : undefined;
}

const negativeHint = '; a constraint cannot be negated: say what the text must hold';

function isNegative(pattern: string | null): boolean {
  return pattern !== null && /\(\?<?!/.test(pattern);
}

function finds(pattern: string, text: string | undefined): boolean {
  if (text === undefined || text.length > maxText) return false;
  const regex = compileJavaPattern(pattern);
  return regex.kind === 'ok' && regex.finds(text);
}

/** What is at a path: a list's values where there is one list, else what was found. */
function atPath(payload: JsonObject, key: string): readonly unknown[] {
  const path = compileOnce(key);
  if (path.kind === 'invalid') return [];
  if (!path.singular && !hasAtMost(payload, maxValues)) return [];
  const found = path.select(payload);
  const [only] = found;
  return path.singular && Array.isArray(only) ? only : found;
}

function hasAtMost(payload: Json, most: number): boolean {
  const open: Json[] = [payload];
  let seen = 0;
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    seen += 1;
    if (typeof value !== 'object' || value === null) continue;
    const inner = Object.values<Json>(value);
    if (seen + open.length + inner.length > most) return false;
    for (const one of inner) open.push(one);
  }
  return true;
}

function compileOnce(key: string): CompiledPath {
  const known = paths.get(key);
  if (known !== undefined) return known;
  const fresh = compileJsonPath(key);
  if (paths.size >= mostKept) paths.clear();
  paths.set(key, fresh);
  return fresh;
}

/** Objects and lists within have none. */

function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** As java.util's maps and lists print themselves: `{a=b, c=[x, y]}`. */
export function javaText(value: Json): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`;
  const entries = Object.entries(value).map(([key, one]) => `${key}=${javaText(one)}`);
  return `{${entries.join(', ')}}`;
}
