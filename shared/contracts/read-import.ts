import { z } from 'zod';
import type { ImportNote } from '../domain/import/imported.ts';
import type { Json } from '../domain/json.ts';
import { stepKindsOf } from '../domain/step-kinds.ts';
import { jsonObject } from './common.ts';
import { readPipelineFile } from './pipeline-file.ts';
import { readDocument } from './read-document.ts';

export type ImportDocument =
  | { readonly kind: 'ok'; readonly value: Json; readonly notes: readonly ImportNote[] }
  | { readonly kind: 'malformed' | 'unsupported' | 'tooLarge'; readonly message: string }
  | { readonly kind: 'invalid'; readonly errors: readonly ImportNote[] };

/** A file of another system, bounded like ours: 256 KiB, depth, aliases. Keys written twice are errors. */
export function readImport(body: Uint8Array, mediaType: string): ImportDocument {
  const document = readDocument(body, mediaType);
  if (document.kind !== 'ok') return document;
  if (document.duplicates.length > 0) return { kind: 'invalid', errors: document.duplicates.slice(0, 100) };
  return { kind: 'ok', value: document.value, notes: [] };
}

const mostTemplateNotes = 100;

/** The same for Flow, whose files are Go templates where their first line says `# template=true`: read as if each action were plain text. */
export function readFlowImport(body: Uint8Array, mediaType: string): ImportDocument {
  const text = Buffer.from(body).toString('utf8');
  if (!/^\uFEFF?#\s*template\s*=\s*true\s*(?:\r?\n|$)/.test(text) || mediaType.includes('json'))
    return readImport(body, mediaType);
  const plain = withoutActions(text);
  const document = readImport(Buffer.from(plain.text), mediaType);
  if (document.kind !== 'ok') return document;
  const first = {
    path: '',
    message: 'is a Go template, which is not rendered here: import what Flow renders of it to have it exact.',
  };
  return { ...document, notes: [first, ...plain.notes] };
}

/** A line of actions only goes; within a line an action is the last name that it holds. */
function withoutActions(text: string): { readonly text: string; readonly notes: readonly ImportNote[] } {
  const notes: ImportNote[] = [];
  const lines = text.split('\n').flatMap((line, index) => {
    if (!line.includes('{{')) return [line];
    const path = `line ${index + 1}`;
    if (/^\s*(?:\{\{[^{}]*\}\}\s*)+$/.test(line)) {
      notes.push({
        path,
        message: `${line.trim().slice(0, 80)} is left out: loops and conditions are not carried out.`,
      });
      return [];
    }
    notes.push({ path, message: 'holds a template action, of which only the name is kept.' });
    return [line.replaceAll(/\{\{([^{}]*)\}\}/g, (_, action: string) => lastWord(action))];
  });
  return { text: lines.join('\n'), notes: notes.slice(0, mostTemplateNotes) };
}

function lastWord(action: string): string {
  return action.match(/[A-Za-z_][A-Za-z0-9_]*/g)?.at(-1) ?? 'value';
}

/** What has to be mended before the file that was made can be put, wherever it is to run: as notes on the whole. */
export function noteFaults(pipeline: Json): readonly ImportNote[] {
  const everyKind = { embedded: false, stepKinds: stepKindsOf('aws') };
  const reading = readPipelineFile(JSON.stringify(pipeline), 'application/json', everyKind);
  if (reading.kind === 'ok') return [];
  const faults = reading.kind === 'invalid' ? reading.errors : [{ path: '', message: reading.message }];
  return faults.map(({ path, message }) => ({
    path: '',
    message: `before it can be put: ${path === '' ? '' : `${path}: `}${message}`,
  }));
}

/** Body of the import routes' answer. */
export const importedPipeline = z
  .object({
    pipeline: jsonObject.describe('A pipeline file; nothing was saved'),
    notes: z.array(
      z.object({
        path: z.string().describe('In the file that was sent; empty for the whole of it'),
        message: z.string(),
      }),
    ),
  })
  .meta({ id: 'ImportedPipeline' });
