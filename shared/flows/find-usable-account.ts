import type { Account, AccountSecret } from '../domain/account.ts';
import { accountSecretName, openAccountSecret } from '../domain/account-secret.ts';
import { Failure } from '../domain/failure.ts';
import { mayUseAccount } from '../domain/permission.ts';
import type { Ports } from '../ports/ports.ts';

export interface UsableAccount {
  readonly account: Account;
  readonly secret: AccountSecret;
}

export interface AccountUse {
  readonly name: string;
  /** The pipeline for which it is to be used. */
  readonly pipeline: string;
}

type AccountPorts = Pick<Ports, 'accounts' | 'pipelines' | 'secrets'>;

/** The account of that name with its credentials, where the pipeline may use it: an owner of it is among the readers. */
export async function findUsableAccount(ports: AccountPorts, use: AccountUse): Promise<UsableAccount | undefined> {
  const account = await ports.accounts.find(use.name);
  if (account === undefined || !(await mayPipelineUse(ports, account, use.pipeline))) return undefined;
  return openAccount(ports, account);
}

/**
 * The same for who cannot go on without. Failure accountNotPermitted, in the same words whether there is no such account or it
 * is another team's: which of the two is not for everybody to know.
 */
export async function getUsableAccount(ports: AccountPorts, use: AccountUse): Promise<UsableAccount> {
  const found = await findUsableAccount(ports, use);
  if (found !== undefined) return found;
  throw new Failure('accountNotPermitted', accountRefusal(use));
}

export function accountRefusal({ name, pipeline }: AccountUse): string {
  return `There is no account "${name}" that pipeline "${pipeline}" may use: its readers must name an owner of the pipeline.`;
}

/** Whether pipelines of that name may use the account. A pipeline that is not there may use what every pipeline may. */
export async function mayPipelineUse(
  ports: Pick<Ports, 'pipelines'>,
  account: Pick<Account, 'readers'>,
  pipeline: string,
): Promise<boolean> {
  return mayUseAccount(account, account.readers === undefined ? undefined : await ports.pipelines.head(pipeline));
}

/** Its credentials, if they were given for the hosts that it has now. */
export async function openAccount(ports: Pick<Ports, 'secrets'>, account: Account): Promise<UsableAccount> {
  return { account, secret: openAccountSecret(account, await ports.secrets.get(accountSecretName(account.name))) };
}
