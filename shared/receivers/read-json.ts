import type { z } from 'zod';

export type JsonBody<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'malformed'; readonly message: string };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A verified body as JSON of one shape. The message names the first faults by path and never repeats what was sent. */
export function readJson<T>(body: Uint8Array, shape: z.ZodType<T>): JsonBody<T> {
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(body));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'not JSON' : 'not UTF-8';
    return { kind: 'malformed', message: `The body is ${why}.` };
  }
  return readShape(json, shape);
}

/** A part of a body, `at` the path to it: where what it is has to be known before it is read. */
export function readShape<T>(value: unknown, shape: z.ZodType<T>, at: readonly string[] = []): JsonBody<T> {
  const checked = shape.safeParse(value);
  if (checked.success) return { kind: 'ok', value: checked.data };
  const faults = checked.error.issues
    .slice(0, 5)
    .map((issue) => `${[...at, ...issue.path].join('.') || 'body'}: ${issue.message}`);
  return { kind: 'malformed', message: `The body does not fit: ${faults.join('; ')}.` };
}

/** RFC 3339 with a zone to epoch ms; what carries no zone is nobody's time (design 4). Fractions beyond ms are cut. */
export function parseTime(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text))
    return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) || at < 0 ? undefined : at;
}

/** Seconds since 1970, as some senders write them, to epoch ms; what lies far from now is no time. */
export function epochSeconds(seconds: number | null | undefined): number | undefined {
  if (seconds === null || seconds === undefined || seconds < 1 || seconds > 1e11) return undefined;
  return Math.round(seconds * 1000);
}
