import {
  type Deployment,
  DescribeServicesCommand,
  type ECSClient,
  ListServiceDeploymentsCommand,
  type Service,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { stepInputs } from '../../../contracts/step-inputs.ts';
import type { Digest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { parseReference } from '../../../domain/reference.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import { awsCall } from '../aws-call.ts';
import { runningDigests } from './running-digests.ts';
import { wantedRevision } from './task-definition.ts';

export interface EcsServiceOptions {
  /** A client for the account and Region that the step names, for a pipeline that may use that account. */
  client(target: {
    readonly pipeline: string;
    readonly account?: string;
    readonly region?: string;
  }): Promise<ECSClient>;
}

interface Input {
  readonly cluster: string;
  readonly service: string;
  readonly container: string;
  readonly image: string;
  readonly digest: Digest;
  readonly account?: string;
  readonly region?: string;
}

/**
 * The step `ecs-service`: a revision of the service's task definition with the image by digest, the deployment watched until
 * it is complete, then the digest that every running task of that revision reports. Failures: invalidInput, digestRequired,
 * targetNotFound, targetChanged, rolloutFailed, nothingRuns.
 */
export function createEcsServiceDeployer(options: EcsServiceOptions): Deployer {
  const clientOf = (request: StepRequest, { account, region }: Input) =>
    options.client({ pipeline: request.pipeline, account, region });
  return {
    kind: 'ecs-service',
    async run(request) {
      const input = parseInput(request.with);
      const ecs = await clientOf(request, input);
      const started = request.memory?.revision;
      return awsCall(`Service ${input.service}`, async () => {
        const service = await findService(ecs, input);
        return typeof started === 'string'
          ? watch(ecs, input, { service, revision: started })
          : start(ecs, input, { service, key: request.key });
      });
    },
    async cancel(request) {
      const input = parseInput(request.with);
      if (typeof request.memory?.revision === 'string') await rollBack(await clientOf(request, input), input);
    },
  };
}

function parseInput(given: JsonObject): Input {
  const read = stepInputs['ecs-service'].safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Failure('invalidInput', `with.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not sound'}`);
  }
  const reference = parseReference(read.data.image);
  if (reference?.digest === undefined) {
    throw new Failure('digestRequired', `image is ${read.data.image}; ecs-service takes repository@sha256:… only`);
  }
  return { ...read.data, image: `${reference.repository}@${reference.digest}`, digest: reference.digest };
}

async function findService(ecs: ECSClient, { cluster, service }: Input): Promise<Service> {
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  const found = services.find(({ status }) => status !== 'INACTIVE');
  if (found === undefined) throw new Failure('targetNotFound', `Cluster ${cluster} has no active service ${service}.`);
  return found;
}

/** Asking again with the same revision changes nothing, so a step that died in here is done again from its beginning. */
async function start(
  ecs: ECSClient,
  { cluster, service, container, image }: Input,
  at: { readonly service: Service; readonly key: string },
): Promise<StepAnswer> {
  const present = at.service.taskDefinition;
  if (present === undefined) {
    throw new Failure('targetNotFound', `Service ${service} has no task definition: its tasks are deployed otherwise.`);
  }
  const revision = await wantedRevision(ecs, { present, container, image, key: at.key.slice(0, 256) });
  if (revision !== present) await ecs.send(new UpdateServiceCommand({ cluster, service, taskDefinition: revision }));
  return { kind: 'poll', memory: { revision } };
}

async function watch(
  ecs: ECSClient,
  input: Input,
  { service, revision }: { readonly service: Service; readonly revision: string },
): Promise<StepAnswer> {
  const primary = service.deployments?.find(({ status }) => status === 'PRIMARY');
  if (primary?.taskDefinition !== revision) {
    const message = `${input.service} was given ${primary?.taskDefinition ?? 'nothing'} meanwhile, instead of ${revision}.`;
    return { kind: 'failed', code: 'targetChanged', message };
  }
  if (primary.rolloutState === 'FAILED') {
    const why = primary.rolloutStateReason ?? 'ECS gives no reason';
    return { kind: 'failed', code: 'rolloutFailed', message: `The deployment of ${input.service} failed: ${why}.` };
  }
  return isComplete(service, primary) ? observe(ecs, input, revision) : { kind: 'poll', memory: { revision } };
}

/** Services whose deployments ECS does not control say no `rolloutState`. */
function isComplete(service: Service, primary: Deployment): boolean {
  if (primary.rolloutState !== undefined) return primary.rolloutState === 'COMPLETED';
  return service.deployments?.length === 1 && primary.runningCount === primary.desiredCount;
}

async function observe(ecs: ECSClient, input: Input, revision: string): Promise<StepAnswer> {
  const digests = await runningDigests(ecs, { ...input, revision });
  // A task that has just started does not say its digest at once.
  if (digests.includes(undefined)) return { kind: 'poll', memory: { revision } };
  const [observed, ...others] = [...new Set(digests)].filter((digest) => digest !== undefined);
  if (observed === undefined) {
    const message = `No task of ${input.service} runs, so nobody can say what it runs. Set its desired count above 0.`;
    return { kind: 'failed', code: 'nothingRuns', message };
  }
  return { kind: 'done', observed, others, artifacts: [] };
}

async function rollBack(ecs: ECSClient, { cluster, service }: Input): Promise<void> {
  const status = ['PENDING' as const, 'IN_PROGRESS' as const];
  const listed = await ecs.send(new ListServiceDeploymentsCommand({ cluster, service, status }));
  for (const { serviceDeploymentArn } of listed.serviceDeployments ?? []) {
    if (serviceDeploymentArn !== undefined) {
      await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn, stopType: 'ROLLBACK' }));
    }
  }
}
