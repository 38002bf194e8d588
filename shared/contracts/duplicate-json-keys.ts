import { joinPath } from '../domain/pipeline-draft.ts';
import type { InputFault } from './schema.ts';

interface Frame {
  readonly path: string;
  /** Absent in an array. */
  readonly keys?: Set<string>;
  at: string | number;
}

/** Keys that one object of a valid JSON text holds twice: `JSON.parse` takes the last without a word. */
export function duplicateJsonKeys(text: string): readonly InputFault[] {
  const faults: InputFault[] = [];
  const frames: Frame[] = [];
  // In valid JSON only these matter; every `"` outside a text begins one.
  for (const [token] of text.matchAll(/"(?:[^"\\]+|\\.)*"(?:\s*:)?|[{}[\],]/gs)) {
    const top = frames.at(-1);
    if (token === '{') frames.push({ path: pathOf(top), keys: new Set(), at: '' });
    else if (token === '[') frames.push({ path: pathOf(top), at: 0 });
    else if (token === '}' || token === ']') frames.pop();
    else if (token === ',' && typeof top?.at === 'number') top.at += 1;
    else if (token.endsWith(':') && top?.keys) noteKey(top, token, faults);
  }
  return faults;
}

function noteKey(frame: Frame, token: string, faults: InputFault[]): void {
  const key: unknown = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1));
  frame.at = String(key);
  if (frame.keys?.has(frame.at)) faults.push({ path: pathOf(frame), message: 'This key is written twice.' });
  frame.keys?.add(frame.at);
}

function pathOf(frame: Frame | undefined): string {
  return frame ? joinPath(frame.path, frame.at) : '';
}
