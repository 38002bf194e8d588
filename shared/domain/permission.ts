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

export function haveCommon(one: readonly string[], other: readonly string[]): boolean {
  return one.some((group) => other.includes(group));
}
