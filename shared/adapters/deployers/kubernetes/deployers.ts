import type { Artifact } from '../../../domain/artifact.ts';
import type { Deployer } from '../../../ports/deployer.ts';
import type { Outbound } from '../../../ports/outbound.ts';
import type { ClusterUse, LoginOptions } from './cluster-login.ts';

export interface KubernetesOptions extends LoginOptions {
  readonly outbound: Outbound;
  /** Bytes of an artifact that the run has. Failures: contentNotFound, contentDenied. */
  content(artifact: Artifact, pipeline: string): Promise<Uint8Array>;
}

/** The steps of Kubernetes. The client is large, and most processes never need it: it is loaded when a step first runs. */
export function kubernetesDeployers(options: KubernetesOptions): readonly Deployer[] {
  const client = async (use: ClusterUse) => {
    const { clusterLogin } = await import('./cluster-login.ts');
    const login = await clusterLogin(options, use);
    const { createKubeClient } = await import('./kube-client.ts');
    return createKubeClient(options.outbound, login);
  };
  return [
    whenUsed('kubernetes-image', async () => {
      const { createKubernetesImageDeployer } = await import('../kubernetes-image/kubernetes-image.ts');
      return createKubernetesImageDeployer({ client });
    }),
    whenUsed('kubernetes-apply', async () => {
      const { createKubernetesApplyDeployer } = await import('../kubernetes-apply/kubernetes-apply.ts');
      return createKubernetesApplyDeployer({ client, content: options.content });
    }),
  ];
}

function whenUsed(kind: string, load: () => Promise<Deployer>): Deployer {
  let made: Promise<Deployer> | undefined;
  const deployer = () => {
    made ??= load();
    return made;
  };
  return {
    kind,
    run: async (request) => (await deployer()).run(request),
    cancel: async (request) => (await deployer()).cancel?.(request),
  };
}
