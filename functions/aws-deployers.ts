import { kubernetesDeployers } from '../shared/adapters/deployers/kubernetes/deployers.ts';
import type { Artifact } from '../shared/domain/artifact.ts';
import { artifactContent } from '../shared/flows/artifact-content.ts';
import { findUsableAccount, getUsableAccount } from '../shared/flows/find-usable-account.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { awsTargetDeployers, whenUsed } from './aws-target-deployers.ts';
import { whenAsked } from './when-asked.ts';

type DeployerPorts = Pick<
  Ports,
  | 'accounts'
  | 'blobs'
  | 'clock'
  | 'compression'
  | 'contents'
  | 'outbound'
  | 'pipelines'
  | 'publicUrl'
  | 'registry'
  | 'secrets'
  | 'sha256'
  | 'signer'
>;

/** Every kind of step that runs on AWS, by its name. */
export function awsDeployers(ports: DeployerPorts): Ports['deployers'] {
  const { outbound, registry, signer, publicUrl, clock } = ports;
  const account = (name: string, pipeline: string) => findUsableAccount(ports, { name, pipeline });
  const content = (artifact: Artifact, pipeline: string) => artifactContent(ports, { artifact, pipeline });
  const targets = whenAsked(async () => {
    const { createAwsTargets } = await import('../shared/adapters/aws-targets/aws-targets.ts');
    return createAwsTargets({ account: awsAccount(ports), clock });
  });
  const deployers = [
    whenUsed('webhook', async () => {
      const { createWebhookDeployer } = await import('../shared/adapters/deployers/webhook/webhook.ts');
      return createWebhookDeployer({ outbound, account, publicUrl, mac: signer.mac, clock });
    }),
    whenUsed('tag', async () => {
      const { createTagDeployer } = await import('../shared/adapters/deployers/tag/tag.ts');
      return createTagDeployer({ registry });
    }),
    ...kubernetesDeployers({
      outbound,
      account: (name, pipeline) => getUsableAccount(ports, { name, pipeline }),
      async eksToken(request) {
        const { createEksTokens } = await import('../shared/adapters/aws-targets/eks-token.ts');
        return createEksTokens(await targets())(request);
      },
      content,
    }),
    whenUsed('copy', async () => {
      const { createCopyDeployer } = await import('../shared/adapters/deployers/copy/copy.ts');
      return createCopyDeployer({ registry, clock });
    }),
    ...awsTargetDeployers({ clock, config: async (target) => (await targets())(target), content }),
  ];
  return Object.fromEntries(deployers.map((deployer) => [deployer.kind, deployer]));
}

export function awsAccount(ports: Pick<Ports, 'accounts' | 'pipelines' | 'secrets'>) {
  return async (name: string, pipeline: string) => (await getUsableAccount(ports, { name, pipeline })).account;
}
