import type { Account, AccountSecret } from '../domain/account.ts';
import { accountSecretName, openAccountSecret } from '../domain/account-secret.ts';
import { haveCommon } from '../domain/permission.ts';
import type { Ports } from '../ports/ports.ts';

export interface UsableAccount {
  readonly account: Account;
  readonly secret: AccountSecret;
}

/** The account of that name with its credentials, where pipelines of that name may use it: its readers own one of them. */
export async function findUsableAccount(
  ports: Pick<Ports, 'accounts' | 'pipelines' | 'secrets'>,
  use: { readonly name: string; readonly pipeline: string },
): Promise<UsableAccount | undefined> {
  const account = await ports.accounts.find(use.name);
  if (account === undefined || !(await mayUse(ports, account, use.pipeline))) return undefined;
  return { account, secret: openAccountSecret(account, await ports.secrets.get(accountSecretName(account.name))) };
}

async function mayUse(ports: Pick<Ports, 'pipelines'>, account: Account, pipeline: string): Promise<boolean> {
  if (account.readers === undefined) return true;
  const head = await ports.pipelines.head(pipeline);
  return head !== undefined && haveCommon(account.readers, head.owners);
}
