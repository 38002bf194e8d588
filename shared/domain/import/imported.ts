import type { Json, JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';

/** What the file that came says and ours cannot, or says otherwise. `path` is in the file that came. */
export interface ImportNote {
  readonly path: string;
  readonly message: string;
}

export type Imported =
  | { readonly kind: 'ok'; readonly pipeline: JsonObject; readonly notes: readonly ImportNote[] }
  | { readonly kind: 'invalid'; readonly errors: readonly ImportNote[] };

/** Enough for the largest file anybody reads; bounded for a hostile one. */
const mostNotes = 500;

interface Leftover {
  readonly read: readonly string[];
  /** A better word on some keys. */
  readonly reasons?: Readonly<Record<string, string>>;
}

/** Notes while a file is translated; the same one twice is one. */
export class Notes {
  readonly #notes = new Map<string, ImportNote>();

  add(path: string, message: string): void {
    const key = JSON.stringify([path, message]);
    if (this.#notes.size < mostNotes) this.#notes.set(key, { path, message });
  }

  /** Notes every key that nobody has read, in the order of the file. */
  leftover(value: JsonObject, path: string, { read, reasons = {} }: Leftover): void {
    for (const [key, item] of Object.entries(value)) {
      if (read.includes(key) || isNothing(item)) continue;
      const reason = Object.hasOwn(reasons, key) ? reasons[key] : undefined;
      this.add(joinPath(path, key), reason ?? 'has no counterpart here and is left out.');
    }
  }

  all(): readonly ImportNote[] {
    return [...this.#notes.values()];
  }
}

/** An empty or switched-off setting loses nothing by being left out. */
function isNothing(value: Json): boolean {
  if (value === null || value === '' || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
