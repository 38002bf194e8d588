import type { ApiToken } from '../domain/token.ts';
import type { Ports } from '../ports/ports.ts';

/** Every token, expired ones too until the table drops them; never a text or a hash. */
export function listTokens(ports: Pick<Ports, 'tokens'>): Promise<readonly ApiToken[]> {
  return ports.tokens.list();
}
