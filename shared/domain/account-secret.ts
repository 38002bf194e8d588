import type { Account, AccountSecret } from './account.ts';
import { isJsonObject, type Json } from './json.ts';

type AccountHosts = Pick<Account, 'host' | 'authHost' | 'internalHost'>;

/** Under which name the SecretStore holds an account's credentials. */
export function accountSecretName(name: string): string {
  return `account/${name}`;
}

/** Credentials as the SecretStore keeps them: with the hosts that they were given for. */
export function sealAccountSecret(hosts: AccountHosts, secret: AccountSecret): string {
  return JSON.stringify({ ...secret, for: hostsOf(hosts) });
}

/**
 * The credentials of an account; none if they were given for other hosts than it has now. So whatever dies or races
 * between writing the secret and writing the account, no credential goes to a host that it was not given for.
 */
export function openAccountSecret(hosts: AccountHosts, sealed: string | undefined): AccountSecret {
  const value: Json = sealed === undefined ? null : JSON.parse(sealed);
  if (!isJsonObject(value) || value.for !== hostsOf(hosts)) return {};
  return {
    password: text(value.password),
    token: text(value.token),
    secret: text(value.secret),
    kubeconfig: text(value.kubeconfig),
  };
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Without an internal host as it was before there were any, so that what was sealed then is still open. */
function hostsOf({ host, authHost, internalHost }: AccountHosts): string {
  return [host ?? '', authHost ?? '', ...(internalHost === undefined ? [] : [internalHost])].join(' ');
}
