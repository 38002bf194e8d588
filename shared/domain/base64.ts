/**
 * Whether a text is base64 as Java's basic decoder reads it (RFC 4648, section 4): padding may be missing as a whole, line breaks
 * and other signs may not be there. What is not is left alone: it may be an expression that another program fills in.
 */
export function isBase64(text: string): boolean {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  if (digits === 0 || digits % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) return false;
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}
