import type { Ports } from '../ports/ports.ts';

/** From the answer on, the token opens nothing. */
export async function deleteToken(
  ports: Pick<Ports, 'tokens'>,
  input: { readonly id: string },
): Promise<{ readonly kind: 'deleted' | 'notFound' }> {
  return { kind: (await ports.tokens.remove(input.id)) ? 'deleted' : 'notFound' };
}
