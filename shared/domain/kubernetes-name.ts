import { parseTemplate } from './expression.ts';

/** A label of RFC 1123: what namespaces and containers are called. */
export function isKubernetesLabel(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

/** The same for a text with references or variables in it, of which only running tells. */
export function mayBeKubernetesLabel(text: string): boolean {
  const parsed = parseTemplate(text);
  if (parsed.kind === 'invalid') return false;
  const { parts } = parsed.template;
  const written = parts.map((part) => (part.kind === 'text' ? part.text : undefined));
  return written.includes(undefined) || isKubernetesLabel(written.join(''));
}
