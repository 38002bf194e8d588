import type { z } from 'zod';
import { Failure } from '../../../domain/failure.ts';
import type { JsonObject } from '../../../domain/json.ts';

/** `with` of a step, read; Failure invalidInput names the input. */
export function readInput<T>(schema: z.ZodType<T>, given: JsonObject): T {
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Failure('invalidInput', `with.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not sound'}`);
}
