import type { MatchReason } from './delivery.ts';
import type { ArtifactSource, PipelineSource, RegistrySource, Source, TagOrder } from './pipeline.ts';
import { type Admission, admitBranch, admitTag, admitVersion } from './tag-filter.ts';
import type { Versioned } from './versioning/scheme.ts';
import { versioningSchemes } from './versioning/schemes.ts';

/** What the decision needs of an event; `branch` from its provenance, absent = unknown. */
export type SourceEvent =
  | { readonly kind: 'push'; readonly tag?: string; readonly branch?: string }
  | {
      readonly kind: 'scan';
      readonly tag?: string;
      readonly branch?: string;
      readonly status: 'complete' | 'failed';
    }
  | {
      readonly kind: 'build';
      readonly build: string;
      readonly outcome: 'succeeded' | 'failed';
      readonly branch?: string;
    }
  /** The push of a file or package. */
  | { readonly kind: 'artifact'; readonly version?: string }
  | { readonly kind: 'test' | 'delete'; readonly tag?: string; readonly branch?: string };

export interface SourceMatch {
  readonly matched: boolean;
  readonly reason: MatchReason;
  readonly message: string;
}

/** Whether the source takes the event, as far as the event itself and its branch can say; latest and claim come after. */
export function matchSource(rule: Source, event: SourceEvent): SourceMatch {
  const offered = matchUnresolved(rule, event);
  if (!offered.matched || rule.type === 'artifact' || event.kind === 'artifact') return offered;
  return refusalOf(admitBranch(rule.branches, event.branch)) ?? offered;
}

/** The same without the branch, which is only known once the tag is resolved: what decides whether to resolve it at all. */
export function matchUnresolved(rule: Source, event: SourceEvent): SourceMatch {
  switch (rule.type) {
    case 'registry':
      return matchRegistry(rule, event);
    case 'pipeline':
      return matchPipeline(rule, event);
    case 'artifact':
      return matchArtifact(rule, event);
  }
}

/** Orders other than `pushed` want the best version so far; the head itself, seen again, still is. */
export function isLatest(order: TagOrder, candidate: Versioned, head: Versioned | undefined): boolean {
  const scheme = versioningSchemes[order];
  if (order === 'pushed') return true;
  return scheme.admits(candidate.tag) && (head === undefined || scheme.compare(candidate, head) >= 0);
}

function matchRegistry(rule: RegistrySource, event: SourceEvent): SourceMatch {
  if ((event.kind !== 'push' && event.kind !== 'scan') || !rule.on.includes(event.kind)) {
    return notListened(rule, event.kind);
  }
  if (event.kind === 'scan' && event.status !== 'complete') {
    return refused('scanNotSuccessful', 'The scan did not complete; only a complete scan starts a run.');
  }
  return refusalOf(admitTag(rule.tags, event.tag)) ?? accepted(`The source takes this ${event.kind}.`);
}

function matchPipeline(rule: PipelineSource, event: SourceEvent): SourceMatch {
  if (event.kind !== 'build' || !rule.on.includes('buildSuccess')) return notListened(rule, event.kind);
  if (event.outcome !== 'succeeded')
    return refused('kindNotListened', 'The build failed; the source takes successful builds.');
  if (rule.build !== 'lastSuccessfulBuild' && rule.build !== event.build) {
    return refused('kindNotListened', `The source takes build ${rule.build} only; this is build ${event.build}.`);
  }
  return accepted('The source takes this build.');
}

function matchArtifact(rule: ArtifactSource, event: SourceEvent): SourceMatch {
  if (event.kind !== 'artifact' || !rule.on.includes('push')) return notListened(rule, event.kind);
  return refusalOf(admitVersion(rule.versions, event.version)) ?? accepted('The source takes this version.');
}

function notListened(rule: Source, kind: SourceEvent['kind']): SourceMatch {
  const named = kind === 'artifact' ? 'push' : kind;
  const listens = rule.on.length === 0 ? 'starts no runs (on is empty)' : `listens to ${rule.on.join(', ')}`;
  return refused('kindNotListened', `This is a ${named} event; the source ${listens}.`);
}

function refusalOf(admission: Admission<MatchReason>): SourceMatch | undefined {
  return admission.admitted ? undefined : refused(admission.reason, admission.message);
}

function refused(reason: MatchReason, message: string): SourceMatch {
  return { matched: false, reason, message };
}

function accepted(message: string): SourceMatch {
  return { matched: true, reason: 'matched', message };
}
