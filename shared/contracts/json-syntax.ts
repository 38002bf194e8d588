/** Where JSON breaks, as a clause, without the excerpt of the text that V8 adds: what was sent may hold secrets. */
export function jsonSyntaxMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const position = /at position \d+( \(line \d+ column \d+\))?/.exec(message)?.[0];
  if (position !== undefined) return `the syntax breaks ${position}`;
  const token = /Unexpected token '.'/u.exec(message)?.[0];
  if (token !== undefined) return token.toLowerCase();
  return message.includes('end of') ? 'it ends too early' : 'the syntax is broken';
}
