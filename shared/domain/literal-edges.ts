/** What every value that a pattern matches begins and ends with. */
export interface LiteralEdges {
  readonly prefix: string;
  readonly suffix: string;
}

const noEdges: LiteralEdges = { prefix: '', suffix: '' };

/**
 * The plain text at both ends of a valid Java pattern: comparing it first spares most values the expression. Careful rather than
 * complete: where anything could change what the ends mean (alternatives, flags, quotes, long escapes) they are empty.
 */
export function literalEdges(pattern: string): LiteralEdges {
  if (/\||\(\?|\\[QEcpPux0]/.test(pattern)) return noEdges;
  const parts = withoutInside(partsOf(pattern));
  const first = parts.indexOf(undefined);
  if (first === -1) return { prefix: parts.join(''), suffix: '' };
  return { prefix: parts.slice(0, first).join(''), suffix: parts.slice(parts.lastIndexOf(undefined) + 1).join('') };
}

type Part = string | undefined;

/** Each character that stands for itself, once; undefined for everything else. */
function partsOf(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  for (const text of pattern.matchAll(/\\.|\{[^}]*\}|./gsu)) {
    const [token] = text;
    if (/^[*+?]$|^\{/.test(token)) {
      // What may be repeated may be absent.
      parts[Math.max(0, parts.length - 1)] = undefined;
      parts.push(undefined);
    } else parts.push(literalOf(token));
  }
  return parts;
}

function literalOf(token: string): Part {
  if (token.startsWith('\\')) return /^\\[A-Za-z0-9]?$/.test(token) ? undefined : token.slice(1);
  return /^[.^$()[\]]$/.test(token) ? undefined : token;
}

/** Between the first and the last bracket nothing stands for itself: it may be part of a class or of a repeated group. */
function withoutInside(parts: readonly Part[]): readonly Part[] {
  const first = parts.indexOf(undefined);
  const last = parts.lastIndexOf(undefined);
  return parts.map((part, index) => (index > first && index < last ? undefined : part));
}
