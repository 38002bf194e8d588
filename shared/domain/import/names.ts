import { isIdentifier } from '../expression.ts';

const longestName = 63;
const longestId = 64;

/** A name of ours (`[a-z0-9][a-z0-9-]{0,62}`) as near to the text as can be; undefined where nothing of it can stay. */
export function nameLike(text: string): string | undefined {
  const plain = withoutMarks(text)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, longestName)
    .replace(/-+$/, '');
  return plain === '' ? undefined : plain;
}

/** Ids of one kind, each another: what is no id becomes one, and what would be there twice gets a number. */
export class Ids {
  readonly #taken = new Set<string>();

  /** The first of the texts of which something can stay an id. */
  take(...texts: readonly [string, ...(readonly string[])]): string {
    const wanted = texts.map(idLike).find((id) => id !== undefined) ?? 'item';
    let id = wanted;
    for (let count = 2; this.#taken.has(id); count += 1) id = `${wanted.slice(0, longestId - 6)}_${count}`;
    this.#taken.add(id);
    return id;
  }
}

function idLike(text: string): string | undefined {
  if (isIdentifier(text)) return text;
  const plain = withoutMarks(text)
    .replaceAll(/[^A-Za-z0-9_]+/g, '_')
    .replace(/^[^A-Za-z]+/, '')
    .slice(0, longestId)
    .replace(/_+$/, '');
  return plain === '' ? undefined : plain;
}

function withoutMarks(text: string): string {
  return text.slice(0, 1000).normalize('NFKD').replaceAll(/\p{M}/gu, '');
}
