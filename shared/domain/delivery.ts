import type { Artifact } from './artifact.ts';
import type { Digest } from './digest.ts';
import type { Poster, Severities } from './fact.ts';
import type { FaultRecord } from './failure.ts';
import type { JsonObject } from './json.ts';
import type { NamedReport } from './named-report.ts';
import type { ReportFormat } from './reports/report.ts';
import type { ReportSummary } from './reports/test-verdict.ts';

/** One HTTP call from outside, as bytes. Nothing in it may be believed yet. */
export interface RawDelivery {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly receivedAt: number;
}

declare const verified: unique symbol;

/** Only a receiver's `verify` makes one (promise 3): parsers take nothing else. */
export type VerifiedDelivery = RawDelivery & {
  readonly [verified]: true;
  /** False where the sender cannot sign (contract 5). */
  readonly signed: boolean;
  /** The sender proved itself by a header of its call, and nothing vouches for the bytes. */
  readonly unsignedBody?: true;
  /** The sender's own delivery id, where the proof covers one. */
  readonly senderId?: string;
};

interface EventBase {
  /** The event's own time, only if it carried a zone; epoch ms. */
  readonly at?: number;
}

export interface PushEvent extends EventBase {
  readonly kind: 'push';
  /** `host/path`, the host as records write it. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
  readonly mediaType?: string;
  /** Set when only a tag came: when its digest was asked for, once; epoch ms. */
  readonly resolvedAt?: number;
  /** The tag was pushed again after the event and before its digest was asked for: the digest may be the later push's. */
  readonly movedSince?: true;
  readonly actor?: string;
  /** What the sender said of it beyond the name, when it sent a decorated artifact. */
  readonly artifact?: Artifact;
}

export interface ScanEvent extends EventBase {
  readonly kind: 'scan';
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
  readonly resolvedAt?: number;
  /** The tag was pushed again after the event and before its digest was asked for: the digest may be the later push's. */
  readonly movedSince?: true;
  readonly status: 'complete' | 'failed';
  readonly severities: Severities;
  /** The program that scanned, where the sender says it. */
  readonly scanner?: string;
  /** A scan that completed and did not say what it found: its scanner is asked for the numbers, once. */
  readonly uncounted?: true;
  /** Single findings that came up between scans: they make a known verdict worse, and are none of their own. */
  readonly finding?: true;
  /** When the scanner's API was asked, whatever it answered; epoch ms. */
  readonly readBackAt?: number;
}

export interface TestEvent extends EventBase {
  readonly kind: 'test';
  readonly repository: string;
  readonly digest: Digest;
  readonly name: string;
  readonly outcome: 'passed' | 'failed';
  readonly coverage?: number;
  /** Of the report that outcome or coverage was read from. */
  readonly report?: ReportSummary;
  /** The report as the sender gave it, to be read when the event is processed: as text or in base64. */
  readonly given?: { readonly format: ReportFormat; readonly content: string };
  /** Why the report that was given does not bear the event out: then it leaves no fact. */
  readonly fault?: FaultRecord;
}

/** An artifact that a build published, under the four names that `$[sources.S.stages…]` reads. */
export interface BuildArtifact {
  readonly stage: string;
  readonly job: string;
  readonly step: string;
  /** Absent = the step did not name it. */
  readonly name?: string;
  readonly artifact: Artifact;
}

export interface BuildEvent extends EventBase {
  readonly kind: 'build';
  readonly pipeline: string;
  readonly build: string;
  readonly outcome: 'succeeded' | 'failed';
  readonly branch?: string;
  readonly revision?: string;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly provenance?: string;
  readonly artifacts: readonly BuildArtifact[];
  readonly reports?: readonly NamedReport[];
  /** Set on builds of our own: the execution that was the build, and who started it (ruling 9). */
  readonly execution?: string;
}

export interface DeleteEvent extends EventBase {
  readonly kind: 'delete';
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** Any system's call, for the triggers of its type and source (a receiver of type `webhook`). */
export interface WebhookEvent extends EventBase {
  readonly kind: 'webhook';
  readonly type: string;
  readonly source: string;
  /** The body. */
  readonly payload: JsonObject;
  /** Spinnaker's decorations under `artifacts` in it. */
  readonly artifacts: readonly Artifact[];
  /** What `parameters` in it says as text. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Groups whose pipelines may hear it; absent = every pipeline. */
  readonly readers?: readonly string[];
  /** What of `artifacts` and `parameters` could not be read, each with why. */
  readonly unread?: readonly string[];
}

/** An event of one repository. */
export type RepositoryEvent = PushEvent | ScanEvent | TestEvent | DeleteEvent;

/** The normalised fact inside a delivery (design 2: registry event, build event). */
export type DeliveredEvent = RepositoryEvent | BuildEvent | WebhookEvent;

export const matchReasons = [
  'matched',
  'noTag',
  'tagNotIncluded',
  'tagExcluded',
  'branchNotIncluded',
  'branchUnknown',
  'notLatest',
  'kindNotListened',
  'scanNotSuccessful',
  'alreadyExecuted',
  'notAllowed',
  'unmappedVariable',
  'registryDenied',
  'manifestUnknown',
  'digestMismatch',
  'noVersion',
  'constraintNotMet',
  'triggerDisabled',
] as const;

export type MatchReason = (typeof matchReasons)[number];

/** The outcome of one rule for one event: promise 6. `source` is '' where no rule was asked (notAllowed, unmappedVariable). */
export interface Match {
  /** Index of the event in its delivery, from 0. */
  readonly event: number;
  readonly pipeline: string;
  readonly source: string;
  readonly matched: boolean;
  readonly reason: MatchReason;
  readonly message: string;
  readonly executionId?: string;
  /** `pending` = to be tried again at `nextAt`; `failed` = tried too often. */
  readonly status: 'pending' | 'done' | 'failed';
  readonly attempts: number;
  readonly nextAt?: number;
  readonly rev: number;
}

export type DeliveryStatus = 'pending' | 'processed' | 'failed';

/** An authentic delivery as stored (kept 30 days). */
export interface Delivery {
  readonly id: string;
  readonly receiver: string;
  /** Under whose reserved name its facts are recorded, where the receiver hands on what another says (ruling 7). */
  readonly reporter?: string;
  readonly receivedAt: number;
  readonly signed: boolean;
  /** The sender proved itself, its bytes are not signed. */
  readonly unsignedBody?: true;
  readonly status: DeliveryStatus;
  readonly events: readonly DeliveredEvent[];
  /** Per event, where the receiver's bounds refused it before any rule was asked. */
  readonly refusals: readonly { readonly event: number; readonly reason: MatchReason; readonly message: string }[];
  readonly attempts: number;
  readonly error?: FaultRecord;
  /** Outcomes that need no row of their own. A row of the same rule says more than one here. */
  readonly outcomes?: readonly Match[];
  /** Subject of the token that pushed to the embedded registry or posted by route, for `forbidSelf`. */
  readonly actor?: string;
  /** Who posted it by route: it counts only for pipelines that one of these groups owns (ruling 10). */
  readonly postedBy?: Poster;
  /** While it is pending again: for whose pipelines alone it is asked anew. Absent: for all. */
  readonly replayedBy?: Poster;
  readonly rev: number;
}
