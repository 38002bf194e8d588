import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { parseEcrHost } from '../../domain/ecr-host.ts';
import { Failure } from '../../domain/failure.ts';
import { mayPass } from '../../domain/service-fault.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RegistryAccount } from '../../ports/registry-client.ts';

type Client = Pick<ECRClient, 'send'>;

export interface EcrAccountsOptions {
  readonly clock: Clock;
  /** Default: the SDK's own, with the rights of the function. */
  readonly clientOf?: (region: string) => Client;
}

/** Everybody's, since they are the service's own. */
export type EcrAccounts = (host: string) => Promise<RegistryAccount | undefined>;

interface Authorization {
  readonly password: string;
  /** Epoch ms. */
  readonly askAgainAt: number;
}

/** Regions come from names of repositories that people write: of more than these, the one known longest is asked again. */
const maxRegions = 16;
/** A token lives twelve hours, but not longer than the role's session; rights that were taken away end within the hour. */
const longestMs = 3_600_000;
/** A token must outlive the download that it begins. */
const marginMs = 300_000;

/**
 * Accounts of ECR registries: the rights are the function's own, as a token that is kept until shortly before it expires.
 * Undefined for other hosts. Failures: registryDenied, registryUnavailable.
 */
export function ecrAccounts({ clock, clientOf = ownClient }: EcrAccountsOptions): EcrAccounts {
  const known = new Map<string, Promise<Authorization>>();

  function ask(region: string): Promise<Authorization> {
    const asking = fetchAuthorization(clientOf(region), region, clock.now());
    const [oldest] = known.keys();
    if (known.size >= maxRegions && !known.has(region) && oldest !== undefined) known.delete(oldest);
    known.set(region, asking);
    asking.catch(() => {
      if (known.get(region) === asking) known.delete(region);
    });
    return asking;
  }

  async function authorization(region: string): Promise<Authorization> {
    const asked = known.get(region);
    const found = await asked;
    if (found !== undefined && found.askAgainAt > clock.now()) return found;
    // Somebody else may have asked meanwhile.
    const other = known.get(region);
    return other === undefined || other === asked ? ask(region) : other;
  }

  return async (host) => {
    const place = parseEcrHost(host);
    if (place === undefined) return undefined;
    const { password, askAgainAt } = await authorization(place.region);
    const account = { name: 'ecr', type: 'registry', host, username: 'AWS', insecure: false } as const;
    // Each token is another state of the account.
    return { account: { ...account, updatedAt: 0, rev: askAgainAt }, password };
  };
}

async function fetchAuthorization(client: Client, region: string, now: number): Promise<Authorization> {
  try {
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
    const [given] = authorizationData ?? [];
    const password = passwordOf(given?.authorizationToken ?? '');
    const expiresAt = given?.expiresAt?.getTime() ?? now;
    return { password, askAgainAt: Math.min(expiresAt - marginMs, now + longestMs) };
  } catch (error) {
    throw failureOf(error, region);
  }
}

/** docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html: base64 of `AWS:<password>`. */
function passwordOf(token: string): string {
  const password = /^AWS:(.+)$/s.exec(Buffer.from(token, 'base64').toString())?.[1];
  if (password === undefined)
    throw new Failure('registryUnavailable', 'ECR answered GetAuthorizationToken with no token');
  return password;
}

function failureOf(error: unknown, region: string): Failure {
  if (error instanceof Failure) return error;
  const name = error instanceof Error ? error.name : 'unknown';
  return mayPass(error)
    ? new Failure('registryUnavailable', `ECR in ${region} gives no token now (${name})`, { cause: error })
    : new Failure('registryDenied', `ECR in ${region} gives this service no token (${name})`, { cause: error });
}

function ownClient(region: string): ECRClient {
  return new ECRClient({
    region,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
}
