import type { AwsClientConfig, AwsTarget } from '../shared/adapters/aws-targets/aws-targets.ts';
import type { Artifact } from '../shared/domain/artifact.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Deployer } from '../shared/ports/deployer.ts';
import { whenAsked } from './when-asked.ts';

export interface AwsTargetOptions {
  readonly clock: Clock;
  /** How a client of a step's target is configured (`createAwsTargets`); it throws where the step may not go there. */
  config(target: AwsTarget): Promise<AwsClientConfig>;
  /** Bytes of an artifact that the run has. Failures: contentNotFound, contentDenied. */
  content(artifact: Artifact, pipeline: string): Promise<Uint8Array>;
}

/** The kinds of step that deploy to AWS, on whatever engine. */
export function awsTargetDeployers({ clock, config, content }: AwsTargetOptions): readonly Deployer[] {
  return [
    whenUsed('ecs-service', async () => {
      const { createEcsServiceDeployer } = await import('../shared/adapters/deployers/ecs-service/ecs-service.ts');
      const { ECSClient } = await import('@aws-sdk/client-ecs');
      return createEcsServiceDeployer({ client: async (target) => new ECSClient(await config(target)) });
    }),
    whenUsed('lambda-function', async () => {
      const { createLambdaFunctionDeployer } = await import(
        '../shared/adapters/deployers/lambda-function/lambda-function.ts'
      );
      const { LambdaClient } = await import('@aws-sdk/client-lambda');
      return createLambdaFunctionDeployer({
        client: async (target) => new LambdaClient(await config(target)),
        content,
      });
    }),
    whenUsed('vm-deploy', async () => {
      const { createVmDeployer } = await import('../shared/adapters/deployers/vm-deploy/vm-deploy.ts');
      const { SSMClient } = await import('@aws-sdk/client-ssm');
      return createVmDeployer({ client: async (target) => new SSMClient(await config(target)), clock });
    }),
    whenUsed('codebuild', async () => {
      const { createCodeBuildDeployer } = await import('../shared/adapters/deployers/codebuild/codebuild.ts');
      const { CodeBuildClient } = await import('@aws-sdk/client-codebuild');
      return createCodeBuildDeployer({ client: async (target) => new CodeBuildClient(await config(target)) });
    }),
  ];
}

/** An SDK client is large, and most starts never need it. */
export function whenUsed(kind: string, load: () => Promise<Deployer>): Deployer {
  const deployer = whenAsked(load);
  return {
    kind,
    run: async (request) => (await deployer()).run(request),
    cancel: async (request) => (await deployer()).cancel?.(request),
  };
}
