import canonicalize from 'canonicalize';
import { Failure } from './failure.ts';
import type { Json } from './json.ts';

/** RFC 8785: the same value is the same bytes. Failure invalidInput for what it forbids (lone surrogates, NaN). */
export function canonicalJson(value: Json): string {
  try {
    const text = canonicalize(value);
    if (text !== undefined) return text;
  } catch (cause) {
    throw new Failure('invalidInput', 'The JSON holds half a surrogate pair or a number that JSON cannot say.', {
      cause,
    });
  }
  throw new Failure('invalidInput', 'There is no JSON value.');
}
