import type { Account } from '../domain/account.ts';
import type { Subscription, TriggerRule } from '../domain/pipeline.ts';
import type { DockerTrigger } from '../domain/trigger.ts';
import type { Ports } from '../ports/ports.ts';
import { accountRefusal, mayPipelineUse } from './find-usable-account.ts';

type AccountPorts = Pick<Ports, 'accounts' | 'pipelines'>;
type TriggerSubscription = Subscription<TriggerRule>;

/** Whether a docker trigger's account is of a registry: `other` = it is of another; `unusable` says why nobody can tell. */
export type RegistryOfTrigger =
  | { readonly kind: 'this' | 'other' }
  | { readonly kind: 'unusable'; readonly message: string };

/** Of docker triggers with one repository path those whose account is of this registry. */
export async function triggersOfRegistry(
  ports: AccountPorts,
  host: string,
  triggers: readonly TriggerSubscription[],
): Promise<readonly TriggerSubscription[]> {
  const accounts = new Map<string, Promise<Account | undefined>>();
  const once = {
    pipelines: ports.pipelines,
    accounts: {
      find(name: string) {
        const account = accounts.get(name) ?? ports.accounts.find(name);
        accounts.set(name, account);
        return account;
      },
    },
  };
  const meant: TriggerSubscription[] = [];
  for (const subscription of triggers) {
    const { trigger } = subscription.rule;
    if (trigger.kind !== 'docker') continue;
    const registry = await registryOfTrigger(once, { host, trigger, pipeline: subscription.pipeline });
    if (registry.kind === 'this') meant.push(subscription);
  }
  return meant;
}

/**
 * An account is named, or a registry's host itself: names of accounts hold no dot and no colon, and the embedded registry and
 * those that the AWS engine signs in to by itself have no account.
 */
export async function registryOfTrigger(
  ports: { readonly accounts: Pick<AccountPorts['accounts'], 'find'>; readonly pipelines: AccountPorts['pipelines'] },
  asked: { readonly host: string; readonly trigger: DockerTrigger; readonly pipeline: string },
): Promise<RegistryOfTrigger> {
  const { host, pipeline } = asked;
  const name = asked.trigger.account;
  if (/[.:]/.test(name) || name === 'localhost') return { kind: name.toLowerCase() === host ? 'this' : 'other' };
  const account = await ports.accounts.find(name);
  const isUsable = account?.type === 'registry' && (await mayPipelineUse(ports, account, pipeline));
  if (!isUsable) return { kind: 'unusable', message: accountRefusal({ name, pipeline }) };
  return { kind: account.host === host ? 'this' : 'other' };
}
