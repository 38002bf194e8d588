import { z } from 'zod';
import type { JsonObject } from '../domain/json.ts';
import type { ReceiverType } from './receiver-type.ts';

export type ReadSettings =
  | { readonly kind: 'ok'; readonly settings: JsonObject }
  | { readonly kind: 'invalid'; readonly faults: readonly { readonly path: string; readonly message: string }[] };

const none = z.strictObject({});

/** What a type is told, as it reads it; every fault at once. Values are never repeated: one may be a secret in the wrong place. */
export function readSettings(type: ReceiverType, given: JsonObject): ReadSettings {
  const checked = (type.settings ?? none).safeParse(given);
  if (checked.success) return { kind: 'ok', settings: checked.data };
  const faults = checked.error.issues.flatMap((issue) => {
    const path = issue.path.join('.');
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    return issue.keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      message: `is no setting of ${type.type}`,
    }));
  });
  return { kind: 'invalid', faults };
}

/** A setting that is a text; undefined where it is not there. */
export function textSetting(settings: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(settings, name) ? settings[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}
