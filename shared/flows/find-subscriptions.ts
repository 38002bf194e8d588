import { imageType } from '../domain/artifact.ts';
import type { DeliveredEvent, PushEvent, WebhookEvent } from '../domain/delivery.ts';
import type { AnySubscription, Source, Subscription, TriggerRule } from '../domain/pipeline.ts';
import { splitRepository } from '../domain/reference.ts';
import { pipelineSubscriptionKey, repositoryMatches, subscriptionLookupKeys } from '../domain/repository-pattern.ts';
import { artifactSubscriptionKey, dockerSubscriptionKey, webhookSubscriptionKey } from '../domain/subscription-key.ts';
import type { Ports } from '../ports/ports.ts';
import { mayPipelineUse } from './find-usable-account.ts';
import { triggersOfRegistry } from './triggers-of-registry.ts';

type SubscriptionPorts = Pick<Ports, 'accounts' | 'pipelines'>;

/** The rules that an event meets. */
export interface Listening {
  readonly subscriptions: readonly Subscription[];
  readonly triggers: readonly Subscription<TriggerRule>[];
}

/** Every present rule that an event meets, by look-up: work does not grow with the number of pipelines. */
export async function findSubscriptions(ports: SubscriptionPorts, event: DeliveredEvent): Promise<Listening> {
  switch (event.kind) {
    case 'build':
      return { subscriptions: await followersOf(ports, event.pipeline), triggers: [] };
    case 'push':
      return isFile(event) ? filesOf(ports, event.artifact) : imagePush(ports, event.repository);
    case 'webhook':
      return webhookTriggers(ports, event);
    default:
      return { subscriptions: await subscriptionsOf(ports, event.repository), triggers: [] };
  }
}

/** Sources that have a pipeline, ours or a build system's, as their upstream. */
export async function followersOf(ports: Pick<Ports, 'pipelines'>, pipeline: string): Promise<readonly Subscription[]> {
  return (await lookUp(ports, [pipelineSubscriptionKey(pipeline)], ({ rule }) => rule.type === 'pipeline'))
    .subscriptions;
}

/** Of a repository: sources that name it, and those whose wildcards take it. */
export async function subscriptionsOf(
  ports: Pick<Ports, 'pipelines'>,
  repository: string,
): Promise<readonly Subscription[]> {
  const { subscriptions } = await lookUp(ports, subscriptionLookupKeys(repository), ({ rule }) =>
    takesRepository(rule, repository),
  );
  return subscriptions;
}

/** Docker triggers with the path of a repository, whatever the registry that their account is of. */
export async function dockerTriggers(
  ports: Pick<Ports, 'pipelines'>,
  repository: string,
): Promise<readonly Subscription<TriggerRule>[]> {
  const { path } = splitRepository(repository);
  return (await lookUp(ports, [dockerSubscriptionKey(path)], ({ rule }) => namesPath(rule, path))).triggers;
}

/** Of a file or package: sources that name it. */
export async function artifactSubscriptions(
  ports: Pick<Ports, 'pipelines'>,
  { type, name }: { readonly type: string; readonly name: string },
): Promise<readonly Subscription[]> {
  return (await filesOf(ports, { type, name })).subscriptions;
}

/** Sources of the repository, and docker triggers whose account is of its registry. */
async function imagePush(ports: SubscriptionPorts, repository: string): Promise<Listening> {
  const { host, path } = splitRepository(repository);
  const keys = [...subscriptionLookupKeys(repository), dockerSubscriptionKey(path)];
  const { subscriptions, triggers } = await lookUp(
    ports,
    keys,
    ({ rule }) => takesRepository(rule, repository) || namesPath(rule, path),
  );
  return { subscriptions, triggers: await triggersOfRegistry(ports, host, triggers) };
}

/** Whether what was pushed is no image. */
export function isFile(event: PushEvent): event is PushEvent & Required<Pick<PushEvent, 'artifact'>> {
  return event.artifact !== undefined && event.artifact.type !== imageType;
}

/** Where the receiver names readers, only pipelines that one of those groups owns hear what its sender says. */
async function webhookTriggers(ports: Pick<Ports, 'pipelines'>, event: WebhookEvent): Promise<Listening> {
  const key = webhookSubscriptionKey(event.type, event.source);
  const { triggers } = await lookUp(ports, [key], ({ rule }) => hears(rule, event));
  const allowed: Subscription<TriggerRule>[] = [];
  for (const one of triggers) if (await mayPipelineUse(ports, event, one.pipeline)) allowed.push(one);
  return { subscriptions: [], triggers: allowed };
}

function filesOf(
  ports: Pick<Ports, 'pipelines'>,
  { type, name }: { readonly type: string; readonly name: string },
): Promise<Listening> {
  return lookUp(
    ports,
    [artifactSubscriptionKey(type, name)],
    ({ rule }) => rule.type === 'artifact' && rule.artifactType === type && rule.name === name,
  );
}

function takesRepository(rule: Source | TriggerRule, repository: string): boolean {
  return rule.type === 'registry' && repositoryMatches(rule.repository, repository);
}

function namesPath(rule: Source | TriggerRule, path: string): boolean {
  return rule.type === 'trigger' && rule.trigger.kind === 'docker' && rule.trigger.repository === path;
}

function hears(rule: Source | TriggerRule, event: { readonly type: string; readonly source: string }): boolean {
  if (rule.type !== 'trigger' || rule.trigger.kind !== 'webhook') return false;
  const { type, source } = rule.trigger;
  return type.toLowerCase() === event.type.toLowerCase() && source === event.source;
}

async function lookUp(
  ports: Pick<Ports, 'pipelines'>,
  keys: readonly string[],
  isMeant: (subscription: AnySubscription) => boolean,
): Promise<Listening> {
  const found = (await ports.pipelines.subscriptions(keys)).filter(isMeant);
  const present = await presentOnes(ports, found);
  return { subscriptions: present.filter(isOfSource), triggers: present.filter(isOfTrigger) };
}

function isOfSource(subscription: AnySubscription): subscription is Subscription {
  return subscription.rule.type !== 'trigger';
}

function isOfTrigger(subscription: AnySubscription): subscription is Subscription<TriggerRule> {
  return subscription.rule.type === 'trigger';
}

/** While a pipeline is being put, rules of two versions stand side by side; its head says which of them holds. */
async function presentOnes(
  ports: Pick<Ports, 'pipelines'>,
  subscriptions: readonly AnySubscription[],
): Promise<readonly AnySubscription[]> {
  const versions = new Map<string, Set<string>>();
  for (const { pipeline, version } of subscriptions) {
    versions.set(pipeline, (versions.get(pipeline) ?? new Set()).add(version));
  }
  const unclear = [...versions].filter(([, of]) => of.size > 1).map(([pipeline]) => pipeline);
  if (unclear.length === 0) return subscriptions;
  const heads = await Promise.all(unclear.map((pipeline) => ports.pipelines.head(pipeline)));
  const present = new Map(heads.map((head) => [head?.name, head?.version]));
  return subscriptions.filter(
    ({ pipeline, version }) => !unclear.includes(pipeline) || present.get(pipeline) === version,
  );
}
