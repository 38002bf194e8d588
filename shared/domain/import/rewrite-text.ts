import {
  type ArtifactReference,
  parseTemplate,
  printTemplate,
  type TemplatePart,
  templateVariables,
} from '../expression.ts';

export interface TextRules {
  /** What a reference becomes; undefined: it stays as literal text. */
  reference(reference: ArtifactReference): ArtifactReference | undefined;
  /** Whether `${name}` is a variable here; otherwise it stays as literal text, for whoever reads the text next. */
  variable(name: string): boolean;
}

/** A text with `$[…]` and `${…}` of another system as one of ours: what means nothing here is escaped. Always parses. */
export function rewriteText(text: string, rules: TextRules): string {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (const match of text.matchAll(/\$\[[^\]]*\]|\$\{[^}]*\}/g)) {
    pushText(parts, text.slice(from, match.index));
    from = match.index + match[0].length;
    const part = rewritten(match[0], rules);
    // A `$` before it would read as an escape.
    const isFree = !endsInDollar(parts.at(-1));
    if (part !== undefined && isFree) parts.push(part);
    else pushText(parts, match[0]);
  }
  pushText(parts, text.slice(from));
  return printTemplate({ parts });
}

function rewritten(text: string, rules: TextRules): TemplatePart | undefined {
  const parsed = parseTemplate(text);
  const part = parsed.kind === 'ok' && parsed.template.parts.length === 1 ? parsed.template.parts[0] : undefined;
  if (part?.kind === 'variable') return rules.variable(part.name) ? part : undefined;
  if (part?.kind !== 'reference') return undefined;
  const reference = rules.reference(part.reference);
  if (reference === undefined) return undefined;
  const result: TemplatePart = { kind: 'reference', reference };
  return templateVariables({ parts: [result] }).every((name) => rules.variable(name)) ? result : undefined;
}

function pushText(parts: TemplatePart[], text: string): void {
  const last = parts.at(-1);
  if (text === '') return;
  if (last?.kind === 'text') parts.splice(-1, 1, { kind: 'text', text: last.text + text });
  else parts.push({ kind: 'text', text });
}

function endsInDollar(part: TemplatePart | undefined): boolean {
  return part?.kind === 'text' && part.text.endsWith('$');
}
