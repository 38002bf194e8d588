import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterLogin, readKubeconfig } from '../../../contracts/kubeconfig.ts';
import type { Account, AccountSecret } from '../../../domain/account.ts';
import { Failure } from '../../../domain/failure.ts';

export interface ClusterUse {
  /** Name of an account of type kubernetes. */
  readonly cluster: string;
  readonly pipeline: string;
}

export interface LoginOptions {
  /** The account of that name, which the pipeline may use. Failure accountNotPermitted. */
  account(name: string, pipeline: string): Promise<{ readonly account: Account; readonly secret: AccountSecret }>;
  /** A token for a cluster of EKS, made of credentials of AWS. */
  eksToken(request: {
    readonly pipeline: string;
    readonly cluster: string;
    readonly region: string;
    readonly account?: string;
  }): Promise<string>;
  /** Where Kubernetes puts the service account of a pod, and the environment that names the API server; default: there, and the process's. */
  readonly inside?: { readonly folder: string; readonly env: Readonly<Record<string, string | undefined>> };
}

const inside = { folder: '/var/run/secrets/kubernetes.io/serviceaccount', env: process.env };

/**
 * Where the cluster of an account is and how to prove who asks, made anew for each use: tokens of service accounts and of EKS are
 * short-lived. Failures: accountNotPermitted, invalidInput, targetDenied.
 */
export async function clusterLogin(options: LoginOptions, { cluster, pipeline }: ClusterUse): Promise<ClusterLogin> {
  const { account, secret } = await options.account(cluster, pipeline);
  if (account.type !== 'kubernetes') {
    throw new Failure(
      'invalidInput',
      `Account ${cluster} is of type ${account.type}; a step of Kubernetes needs type kubernetes.`,
    );
  }
  if (account.inCluster === true) return loginInside(options.inside ?? inside);
  if (secret.kubeconfig !== undefined) {
    const read = readKubeconfig(secret.kubeconfig, { insecure: account.insecure });
    if (read.kind === 'ok') return read.login;
    throw new Failure('invalidInput', `The kubeconfig of account ${cluster} cannot be used: ${read.message}`);
  }
  return {
    server: `${account.insecure ? 'http' : 'https'}://${account.host ?? ''}`,
    ca: account.certificateAuthority,
    token: await tokenOf(options, { account, secret, pipeline }),
  };
}

async function tokenOf(
  options: LoginOptions,
  use: { readonly account: Account; readonly secret: AccountSecret; readonly pipeline: string },
): Promise<string> {
  const { account, secret, pipeline } = use;
  const { eksCluster, region, awsAccount } = account;
  if (eksCluster !== undefined && region !== undefined) {
    return options.eksToken({ pipeline, cluster: eksCluster, region, account: awsAccount });
  }
  if (secret.token !== undefined) return secret.token;
  throw new Failure(
    'targetDenied',
    `Account ${account.name} has no credentials for the host that it names now; put it again.`,
  );
}

/** kubernetes.io/docs/tasks/run-application/access-api-from-pod: the token file changes while the pod runs. */
async function loginInside({ folder, env }: NonNullable<LoginOptions['inside']>): Promise<ClusterLogin> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  try {
    if (host === undefined) throw new Error('KUBERNETES_SERVICE_HOST is not set');
    const [ca, token] = await Promise.all([
      readFile(join(folder, 'ca.crt'), 'utf8'),
      readFile(join(folder, 'token'), 'utf8'),
    ]);
    return { server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, ca, token: token.trim() };
  } catch (error) {
    throw new Failure(
      'invalidInput',
      'The service does not run in a pod with a service account; inCluster cannot work here.',
      {
        cause: error,
      },
    );
  }
}
