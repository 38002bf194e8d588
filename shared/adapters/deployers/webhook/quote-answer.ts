const quotedLetters = 200;
/** What is shorter may stand in any text by chance. */
const shortestSecret = 6;

/** The beginning of an answer on one line, printable; nothing at all if it repeats something confidential. */
export function quoteAnswer(text: string, confidential: readonly string[]): string {
  if (confidential.some((secret) => secret.length >= shortestSecret && text.includes(secret))) return '';
  return text
    .slice(0, quotedLetters)
    .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S}]+/gu, ' ')
    .trim();
}
