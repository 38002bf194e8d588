import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** A text, or a number or boolean as one; undefined for what is empty or no scalar. */
export function textOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

export function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** `triggerEvents: a` is `triggerEvents: [a]`. */
export function textsOf(value: Json | undefined): readonly string[] {
  const items = Array.isArray(value) ? value : [value];
  return items.flatMap((item: Json | undefined) => textOf(item) ?? []);
}

/** The value of a key that the object itself has. */
export function own(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}
