import { type Caller, isAdmin } from './caller.ts';
import { haveCommon, ownersSpokenFor, shareReader } from './permission.ts';
import type { PipelineDefinition, PipelineHead } from './pipeline.ts';

/**
 * Anybody may write another team's group into his own file: that gives the team rights over his pipeline. It must not give his
 * pipeline the team's rights: its accounts, its pipelines, its builds. Those take a member of the group, or an admin, who puts it.
 */
export function vouchingOf(
  definition: PipelineDefinition,
  caller: Caller,
  before: PipelineHead | undefined,
): Pick<PipelineHead, 'grantedUpstreams' | 'vouched'> {
  const admin = isAdmin(caller);
  const kept = before === undefined ? [] : (before.vouched ?? groupsOf(before));
  const vouched = groupsOf(definition).filter(
    (group) => admin || caller.groups.includes(group) || kept.includes(group),
  );
  const granted = upstreamsOf(definition).filter(
    (upstream) => admin || before?.grantedUpstreams?.includes(upstream) === true,
  );
  return { vouched, ...(granted.length === 0 ? {} : { grantedUpstreams: granted }) };
}

/** Whether a pipeline may take the builds of another of ours: a reader in common (ruling 11), who is vouched for. */
export function mayTakeBuilds(head: PipelineHead, upstream: PipelineHead): boolean {
  if (head.name === upstream.name || upstream.readers === undefined) return true;
  if (!shareReader(head, upstream)) return false;
  if (head.grantedUpstreams?.includes(upstream.name) === true) return true;
  return haveCommon(head.vouched ?? groupsOf(head), groupsOf(upstream));
}

/** Whether a pipeline may start another: an owner in common (ruling 11), who is vouched for. */
export function mayStart(head: PipelineHead | undefined, child: PipelineHead): boolean {
  return head !== undefined && haveCommon(ownersSpokenFor(head), child.owners);
}

function groupsOf({ owners, readers = [] }: Pick<PipelineHead, 'owners' | 'readers'>): readonly string[] {
  return [...new Set([...owners, ...readers])];
}

function upstreamsOf({ sources }: PipelineDefinition): readonly string[] {
  return Object.values(sources).flatMap((source) => (source.type === 'pipeline' ? [source.pipeline] : []));
}
