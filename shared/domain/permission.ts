import type { Account } from './account.ts';
import { type Caller, isAdmin } from './caller.ts';
import type { PipelineHead } from './pipeline.ts';

/** Owners change and run; admins too. */
export function canChange(caller: Caller, head: Pick<PipelineHead, 'owners'>): boolean {
  return isAdmin(caller) || haveCommon(head.owners, caller.groups);
}

/** Owners are readers (ruling 8); without `readers` every token is one. */
export function canRead(caller: Caller, head: Pick<PipelineHead, 'owners' | 'readers'>): boolean {
  return canChange(caller, head) || !head.readers || haveCommon(head.readers, caller.groups);
}

/** Ruling 11: whether two pipelines have a reader in common; one that every token may read has one with all. */
export function shareReader(
  one: Pick<PipelineHead, 'owners' | 'readers'>,
  other: Pick<PipelineHead, 'owners' | 'readers'>,
): boolean {
  if (!one.readers || !other.readers) return true;
  return haveCommon([...one.owners, ...one.readers], [...other.owners, ...other.readers]);
}

/**
 * Whose rights a pipeline has beyond itself (accounts, other pipelines): its owners, as far as one of them or an admin put it.
 * Anybody may name another team as an owner of what is his; that gives the team rights and takes none from it.
 */
export function ownersSpokenFor({ owners, vouched }: Pick<PipelineHead, 'owners' | 'vouched'>): readonly string[] {
  return vouched === undefined ? owners : owners.filter((owner) => vouched.includes(owner));
}

/** An account without readers is every pipeline's. */
export function mayUseAccount(
  account: Pick<Account, 'readers'>,
  head: Pick<PipelineHead, 'owners' | 'vouched'> | undefined,
): boolean {
  if (account.readers === undefined) return true;
  return head !== undefined && haveCommon(account.readers, ownersSpokenFor(head));
}

export function haveCommon(one: readonly string[], other: readonly string[]): boolean {
  return one.some((group) => other.includes(group));
}
