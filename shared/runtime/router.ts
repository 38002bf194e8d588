import { methods } from '../contracts/route-contract.ts';
import { HttpProblem, notFoundProblem } from './http-problem.ts';
import type { Route } from './route.ts';

export interface Routed {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** Longer path parts name nothing of ours: they would only become over-long keys. */
const longestParam = 512;

interface Template {
  readonly parts: readonly string[];
  readonly route: Route;
}

export type Router = (method: string, path: string) => Routed;

/**
 * Finds the route of a request; HEAD is GET. Throws 404 for a path that is not in the table, 405 with Allow for a method that
 * the path does not have. Literal parts win over parameters.
 */
export function createRouter(routes: readonly Route[]): Router {
  const byLength = Map.groupBy(
    routes.map((route): Template => ({ parts: route.path.split('/'), route })).toSorted(literalFirst),
    (template) => template.parts.length,
  );
  return (method, path) => {
    const parts = path.split('/');
    const found = (byLength.get(parts.length) ?? []).filter((template) => matches(template, parts));
    if (found.length === 0) throw notFoundProblem(`route ${shortened(path)}`);
    const wanted = method === 'HEAD' ? 'GET' : method;
    const template = found.find((candidate) => candidate.route.method === wanted);
    if (template === undefined) throw methodProblem(method, found);
    return { route: template.route, params: paramsOf(template, parts) };
  };
}

function literalFirst(a: Template, b: Template): number {
  const marks = (template: Template) => template.parts.map((part) => (isParam(part) ? '1' : '0')).join('');
  return marks(a).localeCompare(marks(b));
}

function matches(template: Template, parts: readonly string[]): boolean {
  return template.parts.every((part, i) => (isParam(part) ? parts[i] !== '' : part === parts[i]));
}

function isParam(part: string): boolean {
  return part.startsWith('{');
}

function paramsOf(template: Template, parts: readonly string[]): Readonly<Record<string, string>> {
  const entries = template.parts.flatMap((part, i) =>
    isParam(part) ? [[part.slice(1, -1), decodePart(parts[i] ?? '')] as const] : [],
  );
  return Object.fromEntries(entries);
}

function decodePart(part: string): string {
  const text = decoded(part);
  if (text === undefined) {
    throw new HttpProblem(400, 'malformed', `The path part ${shortened(part)} is not valid percent-encoded UTF-8.`);
  }
  if (text.length > longestParam) throw notFoundProblem(`name of ${text.length} characters`);
  return text;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function methodProblem(method: string, found: readonly Template[]): HttpProblem {
  const has = new Set(found.map((template) => template.route.method));
  const allowed = methods.filter((candidate) => has.has(candidate));
  const allow = allowed.includes('GET') ? ['HEAD', ...allowed] : allowed;
  return new HttpProblem(
    405,
    'methodNotAllowed',
    `${shortened(method)} is not possible here; ${allow.join(', ')} are.`,
    {
      headers: { allow: allow.join(', ') },
    },
  );
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
