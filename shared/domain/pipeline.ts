import type { ArtifactPattern, ExpectedArtifact, InputArtifact } from './expected-artifact.ts';
import type { Severities } from './fact.ts';
import type { Json, JsonObject } from './json.ts';
import type { TriggerDefinition } from './trigger.ts';

export type When = 'success' | 'failure' | 'always';
export type Concurrency = 'queue' | 'supersede' | 'parallel';
export type TagOrder = 'pushed' | 'semver' | 'numeric' | 'lexical';

/** Globs, `regex:…` and `semver:…`; exclude wins. Absent lists mean: everything, nothing. */
export interface PatternFilter {
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

export interface RegistrySource {
  readonly type: 'registry';
  /** `host/path`, `*` = one segment, `**` = the rest. */
  readonly repository: string;
  readonly on: readonly ('push' | 'scan')[];
  readonly tags?: PatternFilter;
  readonly order: TagOrder;
  readonly branches?: PatternFilter;
  readonly default?: { readonly tag: string };
}

export interface PipelineSource {
  readonly type: 'pipeline';
  readonly pipeline: string;
  /** `lastSuccessfulBuild` or a build number. */
  readonly build: string;
  readonly on: readonly 'buildSuccess'[];
  readonly branches?: PatternFilter;
}

/** The registry source's twin for files and packages; a version is what a tag is there. */
export interface ArtifactSource {
  readonly type: 'artifact';
  /** Such as `s3/object`; compared exactly, like the name. */
  readonly artifactType: string;
  readonly name: string;
  readonly on: readonly 'push'[];
  readonly versions?: PatternFilter;
  readonly order: TagOrder;
  readonly default?: { readonly version: string };
}

export type Source = RegistrySource | PipelineSource | ArtifactSource;

/** What a trigger's `expectedArtifactIds` name, as far as the file has it. */
export type Expectation =
  | { readonly kind: 'pattern'; readonly pattern: ArtifactPattern }
  | { readonly kind: 'source'; readonly source: Source };

export interface TriggerRule {
  readonly type: 'trigger';
  readonly trigger: TriggerDefinition;
  readonly expected: readonly Expectation[];
}

export interface ApprovalGate {
  readonly kind: 'approval';
  readonly groups: readonly string[];
  readonly count: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly forbidSelf: boolean;
}

export interface ScanGate {
  readonly kind: 'scan';
  /** Lower-case severity to the most that is allowed. */
  readonly maxSeverity: Readonly<Record<string, number>>;
  readonly fixableOnly: boolean;
  readonly graceDays: number;
  /** How long to wait for a scan that has not come, ms. */
  readonly within: number;
  readonly from?: readonly string[];
}

export interface TestsGate {
  readonly kind: 'tests';
  readonly required: readonly string[];
  /** Per cent of lines. */
  readonly minCoverage?: number;
  readonly within: number;
  readonly from?: readonly string[];
}

export interface VerifiedGate {
  readonly kind: 'verified';
  readonly environment: string;
  /** Milliseconds. */
  readonly maxAge?: number;
}

export type Gate = ApprovalGate | ScanGate | TestsGate | VerifiedGate;

export interface StepDefinition {
  readonly id: string;
  /** A key of the step kinds' table. */
  readonly step: string;
  readonly with: JsonObject;
  readonly publishes?: string;
  readonly when: When;
  readonly useInternalAddress: boolean;
}

export interface JobDefinition {
  readonly id: string;
  readonly needs: readonly string[];
  readonly when: When;
  readonly steps: readonly StepDefinition[];
}

export interface StageDefinition {
  readonly id: string;
  readonly environment?: string;
  readonly needs: readonly string[];
  readonly when: When;
  readonly gates: readonly Gate[];
  /** What the stage produces or finds: bound once its steps have ended. */
  readonly expectedArtifacts: readonly ExpectedArtifact[];
  /** What it consumes: found when it is entered. */
  readonly inputArtifacts: readonly InputArtifact[];
  /** `steps` at stage level is one job called `main`. Empty: a manual checkpoint. */
  readonly jobs: readonly JobDefinition[];
}

/** A pipeline file after reading, with defaults filled in and every fault already reported. */
export interface PipelineDefinition {
  readonly name: string;
  readonly description?: string;
  readonly concurrency: Concurrency;
  readonly owners: readonly string[];
  /** Absent = every token may see it. */
  readonly readers?: readonly string[];
  readonly retention?: { readonly days?: number; readonly keep?: number };
  readonly parameters: Readonly<Record<string, string>>;
  readonly sources: Readonly<Record<string, Source>>;
  /** Besides the sources, each of which is an expectation under its own id. */
  readonly expectedArtifacts: readonly ExpectedArtifact[];
  readonly triggers: readonly TriggerDefinition[];
  /** In file order. */
  readonly stages: readonly StageDefinition[];
}

/** One stored version: content-addressed, immutable. */
export interface PipelineVersion {
  readonly name: string;
  /** First 12 hex of the sha256 over the canonical JSON of the file as written: the same content is the same version. */
  readonly version: string;
  /** The file as written, as JSON. */
  readonly file: Json;
  readonly definition: PipelineDefinition;
  readonly createdAt: number;
  readonly createdBy: string;
}

/** The present version of a name, with what authorisation and matching need without opening the body. */
export interface PipelineHead {
  readonly name: string;
  readonly version: string;
  readonly owners: readonly string[];
  readonly readers?: readonly string[];
  /** Of its owners and readers those for whom a member, or an admin, put a version; absent in old items: all. */
  readonly vouched?: readonly string[];
  /** Pipelines whose builds an admin let it take although none of its groups reads them. */
  readonly grantedUpstreams?: readonly string[];
  readonly description?: string;
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly deleted: boolean;
  readonly rev: number;
}

/** What an event finds: the rule itself travels with it, so that no pipeline is opened to say no. */
export interface Subscription<Rule extends Source | TriggerRule = Source> {
  /** `repository:<host/path or literal prefix>`, `pipeline:<name>`, or a key of `subscription-key.ts`. */
  readonly key: string;
  readonly pipeline: string;
  readonly version: string;
  /** A source's id, or `triggers[<index>]`. */
  readonly source: string;
  readonly rule: Rule;
}

export type AnySubscription = Subscription<Source | TriggerRule>;

export type { Severities };
