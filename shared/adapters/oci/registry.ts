import { Failure } from '../../domain/failure.ts';
import type { Asker, RegistryAccounts, WithheldAccount } from '../../ports/registry-client.ts';

/** A registry as it is called: where it is, and what may be said to whom. */
export interface Registry {
  /** As repositories write it. */
  readonly name: string;
  /** `scheme://host[:port]`. */
  readonly origin: string;
  /** An account with `insecure`: plain HTTP for the registry and its token realm. */
  readonly insecure: boolean;
  /** Parts the cached tokens of one account, and of one state of it, from any other's. */
  readonly accountKey: string;
  /** Name of the account, where not every pipeline may use it. */
  readonly restrictedTo?: string;
  /** There is an account, and the asker may not use it. */
  readonly withheld: boolean;
  readonly credentials?: Credentials;
  /** Hosts that may be sent the credentials. */
  readonly trustedHosts: readonly string[];
}

type Credentials =
  | { readonly kind: 'basic'; readonly authorization: string }
  /** A token without a user name is sent as it is, to the registry alone. */
  | { readonly kind: 'bearer'; readonly authorization: string };

/** docker.io is a name for references only; its registry answers elsewhere. */
const aliases: Readonly<Record<string, string>> = { 'docker.io': 'registry-1.docker.io' };

/** The registry of a host with the account there is for it, if the asker may use it. */
export async function findRegistry(name: string, accounts: RegistryAccounts, asker?: Asker): Promise<Registry> {
  const host = aliases[name] ?? name;
  const names = host === name ? [name] : [name, host];
  const answers = [];
  for (const one of names) answers.push(await accounts(one, asker));
  const found = answers.find((answer) => answer?.account !== undefined);
  const withheld = answers.find(
    (answer): answer is WithheldAccount => answer !== undefined && answer.account === undefined,
  );
  // An account without that very host would have its credentials sent where nobody said they may go.
  const own = found?.account.host !== undefined && names.includes(found.account.host) ? found : undefined;
  const insecure = own?.account.insecure ?? withheld?.insecure ?? false;
  const internalHost = asker?.internal === true ? internalHostOf(name, own?.account.internalHost) : undefined;
  const hosts = internalHost === undefined ? names : [...names, internalHost];
  return {
    name,
    origin: `${insecure ? 'http' : 'https'}://${internalHost ?? host}`,
    insecure,
    accountKey: own === undefined ? '' : `${own.account.name}@${own.account.rev}`,
    restrictedTo: own?.account.readers === undefined ? undefined : own.account.name,
    withheld: own === undefined && withheld !== undefined,
    credentials: own === undefined ? undefined : credentialsOf(own.account.username, own.password, own.token),
    trustedHosts: own?.account.authHost === undefined ? hosts : [...hosts, own.account.authHost],
  };
}

/** Only the registry's own account may say where else its bytes are. */
function internalHostOf(name: string, internalHost: string | undefined): string {
  if (internalHost !== undefined) return internalHost;
  throw new Failure('internalAddressUnknown', `no account for ${name} that may be used names an internalHost`);
}

/** Whether the account's credentials may be sent to this URL. */
export function trusts(registry: Registry, url: URL): boolean {
  return registry.trustedHosts.some((host) => {
    const text = `${url.protocol}//${host}`;
    return URL.canParse(text) && new URL(text).host === url.host;
  });
}

function credentialsOf(username?: string, password?: string, token?: string): Credentials | undefined {
  const secret = password ?? token;
  if (username !== undefined && secret !== undefined) {
    const pair = Buffer.from(`${username}:${secret}`).toString('base64');
    return { kind: 'basic', authorization: `Basic ${pair}` };
  }
  return token === undefined ? undefined : { kind: 'bearer', authorization: `Bearer ${token}` };
}
