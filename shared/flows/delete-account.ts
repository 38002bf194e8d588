import { accountSecretName } from '../domain/account-secret.ts';
import type { Ports } from '../ports/ports.ts';

/** Removes the credentials first: what is left over after a crash is an account that can do nothing. */
export async function deleteAccount(
  ports: Pick<Ports, 'accounts' | 'secrets'>,
  input: { readonly name: string },
): Promise<{ readonly kind: 'deleted' | 'notFound' }> {
  const found = await ports.accounts.find(input.name);
  if (found === undefined) return { kind: 'notFound' };
  await ports.secrets.remove(accountSecretName(input.name));
  await ports.accounts.remove(input.name);
  return { kind: 'deleted' };
}
