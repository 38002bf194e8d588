import { createCopyDeployer } from '../shared/adapters/deployers/copy/copy.ts';
import { createTagDeployer } from '../shared/adapters/deployers/tag/tag.ts';
import { createWebhookDeployer } from '../shared/adapters/deployers/webhook/webhook.ts';
import { findUsableAccount, getUsableAccount } from '../shared/flows/find-usable-account.ts';
import type { Deployer } from '../shared/ports/deployer.ts';
import type { Ports } from '../shared/ports/ports.ts';

type DeployerPorts = Pick<
  Ports,
  'accounts' | 'clock' | 'outbound' | 'pipelines' | 'publicUrl' | 'registry' | 'secrets' | 'signer'
>;

/** Every kind of step that runs on AWS, by its name. */
export function awsDeployers(ports: DeployerPorts): Ports['deployers'] {
  const { outbound, registry, signer, publicUrl, clock } = ports;
  const account = (name: string, pipeline: string) => findUsableAccount(ports, { name, pipeline });
  const targets = whenAsked(async () => {
    const { createAwsTargets } = await import('../shared/adapters/aws-targets/aws-targets.ts');
    return createAwsTargets({ account: awsAccount(ports), clock });
  });
  const deployers = [
    createWebhookDeployer({ outbound, account, publicUrl, mac: signer.mac, clock }),
    createTagDeployer({ registry }),
    createCopyDeployer({ registry, clock }),
    whenUsed('ecs-service', async () => {
      const { createEcsServiceDeployer } = await import('../shared/adapters/deployers/ecs-service/ecs-service.ts');
      const { ECSClient } = await import('@aws-sdk/client-ecs');
      return createEcsServiceDeployer({ client: async (target) => new ECSClient(await (await targets())(target)) });
    }),
    whenUsed('lambda-function', async () => {
      const { createLambdaFunctionDeployer } = await import(
        '../shared/adapters/deployers/lambda-function/lambda-function.ts'
      );
      const { LambdaClient } = await import('@aws-sdk/client-lambda');
      return createLambdaFunctionDeployer({
        client: async (target) => new LambdaClient(await (await targets())(target)),
      });
    }),
  ];
  return Object.fromEntries(deployers.map((deployer) => [deployer.kind, deployer]));
}

export function awsAccount(ports: Pick<Ports, 'accounts' | 'pipelines' | 'secrets'>) {
  return async (name: string, pipeline: string) => (await getUsableAccount(ports, { name, pipeline })).account;
}

/** An SDK client is large, and most starts of a function never need it. */
function whenUsed(kind: string, load: () => Promise<Deployer>): Deployer {
  const deployer = whenAsked(load);
  return {
    kind,
    run: async (request) => (await deployer()).run(request),
    cancel: async (request) => (await deployer()).cancel?.(request),
  };
}

function whenAsked<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
