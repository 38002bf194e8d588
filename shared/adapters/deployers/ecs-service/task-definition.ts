import {
  DescribeTaskDefinitionCommand,
  type ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import { Failure } from '../../../domain/failure.ts';

/** On every revision that a step registers: by it a step that died before it used its revision finds it again. */
const stepTag = 'waybill:step';

export interface Revision {
  readonly arn: string;
  readonly image: string | undefined;
}

export interface WantedRevision {
  /** The revision that the service has now. */
  readonly present: string;
  readonly container: string;
  /** `repository@sha256:…`. */
  readonly image: string;
  /** The step's idempotency key, at most 256 characters. */
  readonly key: string;
}

/**
 * The revision that has the wanted image in one container and is like the service's present one otherwise: the present one
 * itself, or one that this step registered before, or a new one. Failure targetNotFound.
 *
 * Registering takes no token of the caller's. Of two calls at once each registers one, numbers go up, and both use the first: the
 * other stays unused.
 */
export async function wantedRevision(ecs: ECSClient, wanted: WantedRevision): Promise<string> {
  const present = await describe(ecs, wanted.present);
  if (imageOf(present.definition, wanted.container) === wanted.image) return wanted.present;
  const newest = await describe(ecs, present.definition.family ?? wanted.present);
  if (isOurs(newest, wanted)) return firstOfOurs(ecs, newest.definition, wanted);
  const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(nextRevision(present, wanted)));
  if (taskDefinition === undefined) throw new Failure('internal', 'ECS named no new revision.');
  return firstOfOurs(ecs, taskDefinition, wanted);
}

function isOurs({ definition, tags }: Described, wanted: WantedRevision): boolean {
  return tags[stepTag] === wanted.key && imageOf(definition, wanted.container) === wanted.image;
}

/** As many as could be registered at once. */
const mostAtOnce = 8;

/** Goes back from a revision of this step to the first one of it. */
async function firstOfOurs(ecs: ECSClient, own: TaskDefinition, wanted: WantedRevision): Promise<string> {
  let { taskDefinitionArn, revision = 1 } = own;
  for (let back = 0; back < mostAtOnce && revision > 1; back += 1) {
    const before = await findRevision(ecs, `${own.family}:${revision - 1}`);
    if (before === undefined || !isOurs(before, wanted)) break;
    taskDefinitionArn = before.definition.taskDefinitionArn;
    revision -= 1;
  }
  if (taskDefinitionArn === undefined) throw new Failure('internal', 'ECS named no revision.');
  return taskDefinitionArn;
}

/** Undefined where it was deleted. */
async function findRevision(ecs: ECSClient, taskDefinition: string): Promise<Described | undefined> {
  try {
    return await describe(ecs, taskDefinition);
  } catch (error) {
    // ECS answers so for a revision that is not there (docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html).
    if (error instanceof Error && error.name === 'ClientException') return undefined;
    throw error;
  }
}

interface Described {
  readonly definition: TaskDefinition;
  readonly tags: Readonly<Record<string, string>>;
}

async function describe(ecs: ECSClient, taskDefinition: string): Promise<Described> {
  const answer = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ['TAGS'] }));
  const tags = (answer.tags ?? []).flatMap(({ key, value }) =>
    key === undefined ? [] : [[key, value ?? ''] as const],
  );
  return { definition: answer.taskDefinition ?? {}, tags: Object.fromEntries(tags) };
}

function imageOf(definition: TaskDefinition, container: string): string | undefined {
  const found = definition.containerDefinitions?.find(({ name }) => name === container);
  if (found === undefined) {
    const names = (definition.containerDefinitions ?? []).map(({ name }) => name).join(', ') || 'none';
    throw new Failure('targetNotFound', `${definition.family} has no container "${container}"; it has ${names}.`);
  }
  return found.image;
}

/** What may be given when registering, of what describing answers (docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html). */
function nextRevision({ definition, tags }: Described, wanted: WantedRevision): RegisterTaskDefinitionCommandInput {
  const { status: _, revision: __, taskDefinitionArn: ___, compatibilities: ____, ...rest } = definition;
  const { requiresAttributes: _a, registeredAt: _b, registeredBy: _c, deregisteredAt: _d, ...kept } = rest;
  const others = Object.entries(tags).filter(([key]) => key !== stepTag && !key.startsWith('aws:'));
  return {
    ...kept,
    family: definition.family,
    containerDefinitions: (definition.containerDefinitions ?? []).map((container) =>
      container.name === wanted.container ? { ...container, image: wanted.image } : container,
    ),
    tags: [...others.map(([key, value]) => ({ key, value })), { key: stepTag, value: wanted.key }],
  };
}
