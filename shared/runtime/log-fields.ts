/** Of one line: an answer of some other service may be of any length. CloudWatch takes 256 KB, escapes make a character six. */
const mostCharacters = 32_000;
const mostOfOneText = 4_000;
const mostOfOneName = 200;
const mostEntries = 100;
/** Quotes, commas, a number. */
const entryCharacters = 8;
const deepest = 6;
const deepestCause = 3;

/** What a field is called that holds a secret, whoever logs it. */
const secretName =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|pass(?:word|phrase)|secrets?|.*token|.*secret|(?:private|api|secret)[-_]?(?:access[-_]?)?key|credentials?|signature)$/i;

/** Shapes of secrets inside texts, such as the message of an error that names a URL. */
const secretTexts: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic) +[\w.~+/=-]{8,}/gi, '$1 [redacted]'],
  [/\b(https?:\/\/)[^\s/@]{1,1000}@/gi, '$1[redacted]@'],
  // A sender's secret may be in its query, and a presigned URL's signature is.
  [/\b(https?:\/\/[^\s?#"'<>]{1,2000}\?)[^\s#"'<>]{1,4000}/gi, '$1[redacted]'],
  [/(\/v1\/(?:hooks|callbacks)\/)[\w.~%-]+(?:\?[^\s"'<>]*)?/gi, '$1[redacted]'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '[redacted]'],
  [/\b(?:whsec_[A-Za-z0-9+/=]+|wb_[\w-]{8,}|(?:AKIA|ASIA)[A-Z0-9]{16})/g, '[redacted]'],
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END|$)/g, '[redacted]'],
];

/** Almost no text has any: one look instead of seven. */
const perhapsSecret = /bearer|basic|:\/\/|\/v1\/|eyJ|whsec_|wb_|AKIA|ASIA|PRIVATE KEY/i;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Fields as a line may have them: plain JSON of bounded size, without secrets. An Error becomes name, message, stack and causes
 * and nothing else: SDK errors carry whole requests and answers in further fields. Never throws.
 */
export function printableFields(fields: Fields): Fields {
  try {
    return printableObject(fields, { left: mostCharacters, parents: [] });
  } catch {
    return { unprintable: true };
  }
}

/** What one line has left, and the objects that a value is in. */
interface Budget {
  left: number;
  readonly parents: unknown[];
}

function printable(value: unknown, budget: Budget): unknown {
  if (typeof value === 'string') return printableText(value, budget);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (budget.parents.includes(value)) return '[circular]';
  if (budget.parents.length >= deepest || budget.left <= 0) return '[…]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return errorFields(value, budget, 0);
  if ('toJSON' in value && typeof value.toJSON === 'function') return printable(value.toJSON(), budget);
  budget.parents.push(value);
  const made = Array.isArray(value) ? printableList(value, budget) : printableObject(value as Fields, budget);
  budget.parents.pop();
  return made;
}

/** Stops where a line has no room: each entry takes some, whatever is in it. */
function printableList(values: readonly unknown[], budget: Budget): readonly unknown[] {
  const made: unknown[] = [];
  for (const value of values.slice(0, mostEntries)) {
    if (budget.left <= 0) break;
    budget.left -= entryCharacters;
    made.push(printable(value, budget));
  }
  return made.length < values.length ? [...made, `[… ${values.length - made.length} more]`] : made;
}

function printableObject(value: Fields, budget: Budget): Fields {
  const made: Record<string, unknown> = {};
  const entries = Object.entries(value);
  let count = 0;
  for (const [key, field] of entries.slice(0, mostEntries)) {
    if (budget.left <= 0) break;
    count += 1;
    const name = key.slice(0, mostOfOneName);
    budget.left -= name.length + entryCharacters;
    made[name] = secretName.test(key) && isGiven(field) ? '[redacted]' : printable(field, budget);
  }
  return count < entries.length ? { ...made, '…': `${entries.length - count} more` } : made;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function printableText(text: string, budget: Budget): string {
  const most = Math.max(0, Math.min(mostOfOneText, budget.left));
  // Redacted before it is cut: half a secret would not be known as one.
  const bounded = text.length > 2 * mostOfOneText ? text.slice(0, 2 * mostOfOneText) : text;
  const clean = perhapsSecret.test(bounded) ? redacted(bounded) : bounded;
  const cut = clean.length > most || bounded !== text ? `${clean.slice(0, most)}… (${text.length} characters)` : clean;
  budget.left -= cut.length;
  return cut;
}

function redacted(text: string): string {
  return secretTexts.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text);
}

function errorFields(error: Error, budget: Budget, depth: number): Fields {
  const { name, message, stack } = error;
  const cause = error.cause instanceof Error && depth < deepestCause ? error.cause : undefined;
  return {
    ...{ name, message: printableText(message, budget) },
    stack: stack === undefined ? undefined : printableText(stack, budget),
    ...(cause === undefined ? {} : { cause: errorFields(cause, budget, depth + 1) }),
  };
}

/** Whatever a field is called, it does not take the place of what every line has. */
export function besides(own: readonly string[], fields: Fields): Fields {
  const entries = Object.entries(fields);
  if (!entries.some(([key]) => own.includes(key))) return fields;
  return Object.fromEntries(entries.map(([key, value]) => [own.includes(key) ? `${key}_` : key, value]));
}
