import type { z } from 'zod';
import { Failure } from '../../domain/failure.ts';

/** The part of an answer that a schema names. Failure fetchNotPossible if it is not there. */
export function readJson<T>(schema: z.ZodType<T>, bytes: Uint8Array, url: URL): T {
  const read = schema.safeParse(parsed(bytes));
  if (read.success) return read.data;
  throw new Failure('fetchNotPossible', `${url.host} answered no such JSON as was expected of it`);
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
