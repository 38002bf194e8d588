import type { Artifact } from './artifact.ts';
import type { Digest } from './digest.ts';
import type { ReportSummary } from './reports/test-verdict.ts';

/** `{critical: n}` or `{critical: {total, fixable}}` (ruling 7). Keys are lower case. */
export type Severities = Readonly<Record<string, number | { readonly total: number; readonly fixable?: number }>>;

/** A caller of the API as facts remember it. */
export interface Poster {
  readonly subject: string;
  readonly groups: readonly string[];
  readonly admin: boolean;
}

interface FactBase {
  /** Derived from content, so that the same fact is stored once. */
  readonly id: string;
  /** The event's own time, epoch ms: the newest verdict by it counts. */
  readonly at: number;
  readonly recordedAt: number;
  /** A receiver's name, or a reserved one: registry.local, api, ecr, inspector2, codebuild, codepipeline, waybill. */
  readonly receiver: string;
  /** False for facts of unsigned receivers: they may start runs and never satisfy a gate. */
  readonly trusted: boolean;
  /** Who posted it by route; it then counts only for pipelines whose owners include one of these groups (ruling 10). */
  readonly postedBy?: Poster;
  /** How long the stored content of the artifact is kept at least, in days after it was used last. */
  readonly retentionDays?: number;
}

export type Fact = FactBase &
  (
    | {
        readonly kind: 'pushed';
        /** Of files and packages: the version. */
        readonly tag: string;
        readonly resolvedAt?: number;
        /** The digest was asked for when the tag had been pushed again: it may be the later push's. */
        readonly movedSince?: true;
        readonly actor?: string;
        /** Of files and packages: what was pushed, where it is not what was recorded first. */
        readonly artifact?: Artifact;
      }
    | {
        readonly kind: 'scanned';
        readonly status: 'complete' | 'failed';
        readonly severities: Severities;
        /** The program that scanned, where the sender says it. */
        readonly scanner?: string;
        /** It completed and nobody could say what it found: no gate takes that for clean. */
        readonly uncounted?: true;
        /** Single findings that came up after a scan: they make its verdict worse, and are none. */
        readonly finding?: true;
      }
    | {
        readonly kind: 'tested';
        readonly name: string;
        readonly outcome: 'passed' | 'failed';
        readonly coverage?: number;
        readonly report?: ReportSummary;
      }
    | {
        readonly kind: 'built';
        readonly pipeline: string;
        readonly build: string;
        readonly outcome: 'succeeded' | 'failed';
      }
    | { readonly kind: 'rejected'; readonly reason: string }
    | { readonly kind: 'tagMoved'; readonly tag: string; readonly to: Digest }
    | { readonly kind: 'deleted'; readonly tag?: string }
  );

type OmitEach<T, K extends keyof T> = T extends unknown ? Omit<T, K> : never;

/** What a fact says, without who said it and when. */
export type FactBody = OmitEach<Fact, keyof FactBase>;

export type FactKind = Fact['kind'];
