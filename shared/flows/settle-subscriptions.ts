import { Failure } from '../domain/failure.ts';
import type { AnySubscription, Expectation, PipelineDefinition, PipelineHead, Source } from '../domain/pipeline.ts';
import { pipelineSubscriptionKey, subscriptionKey } from '../domain/repository-pattern.ts';
import { artifactSubscriptionKey, triggerSubscriptionKey } from '../domain/subscription-key.ts';
import { triggerName } from '../domain/trigger.ts';
import type { Ports } from '../ports/ports.ts';

type PipelinePorts = Pick<Ports, 'pipelines'>;

/** How many versions back a put that died may have left subscriptions behind. */
const versionsLookedAt = 10;
const mostRounds = 8;

/** Every rule is subscribed, also one that starts no run: `explain` and the deliveries' readers ask for it too. */
export function subscriptionsOf(definition: PipelineDefinition, version: string): readonly AnySubscription[] {
  const pipeline = definition.name;
  const sources = Object.entries(definition.sources).map(([source, rule]) => ({
    key: keyOf(rule),
    pipeline,
    version,
    source,
    rule,
  }));
  const triggers = definition.triggers.map((trigger) => ({
    key: triggerSubscriptionKey(trigger),
    pipeline,
    version,
    source: triggerName(trigger),
    rule: { type: 'trigger', trigger, expected: expectationsOf(definition, trigger.expectedArtifactIds) } as const,
  }));
  return [...sources, ...triggers];
}

/** Every source is an expectation under its own id; ids that nothing has are nothing to expect. */
function expectationsOf(definition: PipelineDefinition, ids: readonly string[]): readonly Expectation[] {
  return [...new Set(ids)].flatMap((id): readonly Expectation[] => {
    const own = definition.expectedArtifacts.filter((expected) => expected.id === id);
    const patterns = own.map(({ matchArtifact }) => ({ kind: 'pattern', pattern: matchArtifact }) as const);
    const source = Object.hasOwn(definition.sources, id) ? definition.sources[id] : undefined;
    return source === undefined ? patterns : [...patterns, { kind: 'source', source }];
  });
}

function keyOf(rule: Source): string {
  switch (rule.type) {
    case 'registry':
      return subscriptionKey(rule.repository);
    case 'pipeline':
      return pipelineSubscriptionKey(rule.pipeline);
    case 'artifact':
      return artifactSubscriptionKey(rule.artifactType, rule.name);
  }
}

/**
 * Makes the subscriptions those of the present version, whatever an earlier put or delete left. Someone else may change the head
 * between our look and our removal, and we would remove what is theirs: so the head is read again, and again until it stood still.
 */
export async function settleSubscriptions(ports: PipelinePorts, name: string): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    const head = await ports.pipelines.head(name);
    if (!head) return;
    await settle(ports, head);
    const after = await ports.pipelines.head(name);
    if (after?.rev === head.rev) return;
  }
  throw new Failure('conflict', `Pipeline ${name} is being changed by others; try again.`);
}

async function settle(ports: PipelinePorts, head: PipelineHead): Promise<void> {
  const { name } = head;
  const keep = head.deleted ? undefined : head.version;
  const recent = (await ports.pipelines.versions(name)).slice(0, versionsLookedAt).map(({ version }) => version);
  const versions = [...new Set([head.version, ...recent])];
  const stored = await Promise.all(versions.map((version) => ports.pipelines.version(name, version)));
  const definitions = stored.filter((one) => one !== undefined);
  const present = definitions.find(({ version }) => version === keep);
  if (present) await putMissing(ports, subscriptionsOf(present.definition, present.version));
  const keys = definitions.flatMap(({ definition, version }) =>
    subscriptionsOf(definition, version).map(({ key }) => key),
  );
  if (keys.length > 0) await ports.pipelines.removeSubscriptions(name, [...new Set(keys)], keep);
}

async function putMissing(ports: PipelinePorts, wanted: readonly AnySubscription[]): Promise<void> {
  if (wanted.length === 0) return;
  const there = await ports.pipelines.subscriptions([...new Set(wanted.map(({ key }) => key))]);
  const identities = new Set(there.map(identity));
  const missing = wanted.filter((subscription) => !identities.has(identity(subscription)));
  if (missing.length > 0) await ports.pipelines.putSubscriptions(missing);
}

function identity({ key, pipeline, version, source }: AnySubscription): string {
  return JSON.stringify([key, pipeline, version, source]);
}
