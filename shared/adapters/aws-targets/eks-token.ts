import { STSClient } from '@aws-sdk/client-sts';
import { Failure } from '../../domain/failure.ts';
import type { AwsClientConfig, AwsTarget } from './aws-targets.ts';

export interface EksTokenRequest {
  readonly pipeline: string;
  readonly cluster: string;
  readonly region: string;
  readonly account?: string;
}

/** EKS takes none that is signed for longer than this (github.com/kubernetes-sigs/aws-iam-authenticator, "API authorization"). */
const expiresInSeconds = 60;

/**
 * A bearer token for a cluster of EKS: `k8s-aws-v1.` and a signed URL of GetCallerIdentity, which the cluster calls to learn whose
 * it is. Nothing is called here. Failures: accountNotPermitted, targetDenied.
 */
export function createEksTokens(
  targets: (target: AwsTarget) => Promise<AwsClientConfig>,
): (request: EksTokenRequest) => Promise<string> {
  return async ({ pipeline, cluster, region, account }) => {
    const { credentials } = await targets({ pipeline, account, region });
    const sts = new STSClient({ region, ...(credentials === undefined ? {} : { credentials }) });
    try {
      return await sign(sts, { cluster, region });
    } catch (error) {
      if (error instanceof Failure) throw error;
      const message = `No token could be made for the EKS cluster ${cluster}: there are no credentials of AWS to sign with.`;
      throw new Failure('targetDenied', message, { cause: error });
    } finally {
      sts.destroy();
    }
  };
}

async function sign(sts: STSClient, at: { readonly cluster: string; readonly region: string }): Promise<string> {
  const hostname = `sts.${at.region}.amazonaws.com${at.region.startsWith('cn-') ? '.cn' : ''}`;
  const signer: unknown = await sts.config.signer();
  if (!canPresign(signer)) throw new Failure('internal', 'The SDK of AWS has no signer of URLs.');
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: hostname, 'x-k8s-aws-id': at.cluster },
    },
    { expiresIn: expiresInSeconds },
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(signed.query ?? {})) query.set(name, String(value));
  const url = `https://${hostname}/?${query.toString().replaceAll('+', '%20')}`;
  return `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
}

interface Presigner {
  presign(
    request: {
      readonly method: string;
      readonly protocol: string;
      readonly hostname: string;
      readonly path: string;
      readonly query: Record<string, string>;
      readonly headers: Record<string, string>;
    },
    options: { readonly expiresIn: number },
  ): Promise<{ readonly query?: Readonly<Record<string, unknown>> }>;
}

/** The SDK's type of a client's signer leaves out that it signs URLs, too. */
function canPresign(signer: unknown): signer is Presigner {
  return typeof signer === 'object' && signer !== null && 'presign' in signer && typeof signer.presign === 'function';
}
