import { z } from 'zod';
import type { Account, AccountSecret } from '../domain/account.ts';
import { resourceName } from './common.ts';
import { readKubeconfig } from './kubeconfig.ts';

/** Of `PUT /v1/accounts/{name}`: what only accounts of type kubernetes have. */
export const kubernetesFields = {
  kubeconfig: z
    .string()
    .min(1)
    .max(32_768)
    .optional()
    .describe('Type kubernetes: a kubeconfig, certificates and credentials written in it'),
  certificateAuthority: z
    .string()
    .max(16_384)
    .regex(
      /^\s*(?:-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/,
      'A certificate authority is one or more certificates in PEM.',
    )
    .optional()
    .describe('Type kubernetes: whom to trust at the host; without it the public authorities'),
  eksCluster: z
    .string()
    .regex(/^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/, 'A cluster of EKS is letters, digits, - and _.')
    .optional()
    .describe('Type kubernetes: the EKS cluster at the host; its token is made of credentials of AWS'),
  awsAccount: resourceName.optional().describe('With eksCluster: an account of type aws, with the role to take'),
  inCluster: z.literal(true).optional().describe('Type kubernetes: the cluster that the service itself runs in'),
};

type Given = Partial<Pick<Account, 'type' | 'host' | 'region' | 'insecure'>> &
  Pick<Account, 'certificateAuthority' | 'eksCluster' | 'awsAccount' | 'inCluster'> &
  AccountSecret & { readonly username?: string };

interface Fault {
  readonly path: string;
  readonly message: string;
}

const ways = ['kubeconfig', 'token', 'eksCluster', 'inCluster'] as const;
const own = ['kubeconfig', 'certificateAuthority', 'eksCluster', 'awsAccount', 'inCluster'] as const;

/** What is wrong with the fields of Kubernetes in an account, of any type. */
export function kubernetesFaults(given: Given): readonly Fault[] {
  if (given.type !== 'kubernetes') {
    return own
      .filter((path) => given[path] !== undefined)
      .map((path) => ({ path, message: 'Only type kubernetes has one.' }));
  }
  const named = ways.filter((way) => given[way] !== undefined);
  if (named.length !== 1) {
    const path = named[1] ?? 'kubeconfig';
    return [{ path, message: 'An account of type kubernetes gives one of kubeconfig, token, eksCluster, inCluster.' }];
  }
  return [...hostFaults(given), ...eksFaults(given), ...loginFaults(given), ...kubeconfigFaults(given)];
}

function hostFaults({ host, token, eksCluster, certificateAuthority }: Given): readonly Fault[] {
  const needs = token !== undefined || eksCluster !== undefined;
  if (needs && host === undefined) return [{ path: 'host', message: 'Give the host of the API server.' }];
  if (needs) return [];
  const message = 'It comes with the kubeconfig, or from inside the cluster.';
  return [
    ...(host === undefined ? [] : [{ path: 'host', message }]),
    ...(certificateAuthority === undefined ? [] : [{ path: 'certificateAuthority', message }]),
  ];
}

function eksFaults({ eksCluster, awsAccount, region, insecure }: Given): readonly Fault[] {
  if (eksCluster !== undefined) {
    return [
      ...(region === undefined ? [{ path: 'region', message: 'Give the Region of the EKS cluster.' }] : []),
      ...(insecure === true ? [{ path: 'insecure', message: 'EKS speaks https.' }] : []),
    ];
  }
  return [
    ...(awsAccount === undefined ? [] : [{ path: 'awsAccount', message: 'It goes with eksCluster.' }]),
    ...(region === undefined ? [] : [{ path: 'region', message: 'It goes with eksCluster.' }]),
  ];
}

/** API servers take no passwords since Kubernetes 1.19. */
function loginFaults({ username, password }: Given): readonly Fault[] {
  const path = username !== undefined ? 'username' : password !== undefined ? 'password' : undefined;
  return path === undefined ? [] : [{ path, message: 'An account of type kubernetes has a token or a certificate.' }];
}

function kubeconfigFaults({ kubeconfig, insecure }: Given): readonly Fault[] {
  if (kubeconfig === undefined) return [];
  const read = readKubeconfig(kubeconfig, { insecure: insecure === true });
  return read.kind === 'ok' ? [] : [{ path: 'kubeconfig', message: read.message }];
}
