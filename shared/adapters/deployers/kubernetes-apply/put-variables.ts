import { isMap, isScalar, parseAllDocuments, Scalar, visit } from 'yaml';
import { Failure } from '../../../domain/failure.ts';
import type { Json } from '../../../domain/json.ts';

export interface Variable {
  readonly key: string;
  readonly value: string;
}

/**
 * The documents of a manifest's text with its variables in them. Values are data, never structure: `${key}` is marked before the
 * text is parsed and put in afterwards, into the one text (or key) where its mark then is. A text without quotes that becomes a
 * whole number, true or false is one, as if it had been written there. `$${key}` is the literal `${key}`; keys that are no
 * variables of the step stay as they are. Failure invalidInput for what is no YAML.
 */
export function parseManifest(text: string, variables: readonly Variable[]): readonly Json[] {
  const marks = markVariables(text, variables);
  const documents = parseAllDocuments(marks.text, { merge: true, uniqueKeys: true });
  if (!Array.isArray(documents)) return [];
  return documents.map((document, index) => {
    const [error] = document.errors;
    if (error !== undefined) throw unreadable(index, error.code);
    visit(document, {
      Pair(_key, pair) {
        if (isScalar(pair.key) && typeof pair.key.value === 'string') pair.key.value = marks.put(pair.key.value);
      },
      Scalar(key, node) {
        if (key === 'key' || typeof node.value !== 'string') return;
        const put = marks.put(node.value);
        if (put === node.value) return;
        node.value = node.type === Scalar.PLAIN ? plainValue(put) : put;
      },
    });
    if (isMap(document.contents) && hasTwins(document.contents.items.map(({ key }) => String(key)))) {
      throw unreadable(index, 'DUPLICATE_KEY');
    }
    try {
      return document.toJS({ maxAliasCount: 50 });
    } catch {
      throw unreadable(index, 'BAD_ALIAS');
    }
  });
}

function unreadable(index: number, code: string): Failure {
  return new Failure('invalidInput', `Document ${index + 1} of the manifest is no YAML that can be read: ${code}.`);
}

function hasTwins(keys: readonly string[]): boolean {
  return new Set(keys).size !== keys.length;
}

/** The same for texts of a manifest that was written out in the pipeline file. */
export function putVariables(value: Json, variables: readonly Variable[]): Json {
  if (variables.length === 0) return value;
  if (typeof value === 'string') {
    const marks = markVariables(value, variables);
    return marks.put(marks.text);
  }
  if (Array.isArray(value)) return value.map((item: Json) => putVariables(item, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, putVariables(item, variables)]));
}

interface Marks {
  readonly text: string;
  /** A text with its marks replaced by what they stand for. */
  put(text: string): string;
}

function markVariables(text: string, variables: readonly Variable[]): Marks {
  const values = new Map(variables.map(({ key, value }) => [key, value]));
  const word = unusedWord(text);
  const put: string[] = [];
  const marked = text.replace(/\$?\$\{([^{}$\s]{1,256})\}/g, (whole: string, key: string) => {
    const value = values.get(key);
    if (value === undefined) return whole;
    put.push(whole.startsWith('$$') ? whole.slice(1) : value);
    return `${word}${put.length - 1}z`;
  });
  const mark = new RegExp(`${word}(\\d{1,9})z`, 'g');
  return { text: marked, put: (one) => one.replace(mark, (_whole, index: string) => put[Number(index)] ?? '') };
}

/** Letters and digits only, so that it is part of a text wherever it stands. */
function unusedWord(text: string): string {
  for (let number = 0; ; number++) {
    const word = `waybillvar${number}x`;
    if (!text.includes(word)) return word;
  }
}

function plainValue(text: string): Json {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}
