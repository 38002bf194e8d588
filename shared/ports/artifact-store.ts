import type { RecordedArtifact } from '../domain/artifact.ts';
import type { Build } from '../domain/build.ts';
import type { Digest } from '../domain/digest.ts';
import type { Fact } from '../domain/fact.ts';
import type { Page, PageRequest } from '../domain/page.ts';

/** What a tag points at now. */
export interface TagHead {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
  /** When the tag last took this digest. */
  readonly pushedAt: number;
  /** Time of the newest event seen for the tag. */
  readonly eventAt: number;
  readonly rev: number;
}

export interface TagHistoryEntry {
  readonly digest: Digest;
  /** Of the event, epoch ms. */
  readonly at: number;
}

/** The best admitted version that a source has seen, for orders other than `pushed`. */
export interface SourceLatest {
  readonly pipeline: string;
  readonly source: string;
  /** Of files and packages: the version. */
  readonly tag: string;
  /** Absent for files and packages. */
  readonly digest?: Digest;
  /** Event time of the push that made it the best: breaks ties between tags of equal rank. */
  readonly pushedAt?: number;
  readonly rev: number;
}

export interface ArtifactStore {
  /** Put if absent by uuid; `known` answers what is there. Also found by name, version and (once known) revision. */
  record(
    artifact: RecordedArtifact,
  ): Promise<{ readonly kind: 'recorded' | 'known'; readonly recorded: RecordedArtifact }>;
  /** Writes if `rev` is the stored one; undefined on conflict. */
  save(artifact: RecordedArtifact): Promise<RecordedArtifact | undefined>;
  find(uuid: string): Promise<RecordedArtifact | undefined>;
  /** Newest first by firstSeenAt. */
  byName(name: string, page: PageRequest): Promise<Page<RecordedArtifact>>;
  byVersion(version: string, page: PageRequest): Promise<Page<RecordedArtifact>>;
  byRevision(revision: string, page: PageRequest): Promise<Page<RecordedArtifact>>;

  /** Put if absent by (uuid, fact.id). */
  addFact(uuid: string, fact: Fact): Promise<'added' | 'known'>;
  /** Newest first by event time, the artifact's `firstFact` among them; consistent. */
  facts(uuid: string): Promise<readonly Fact[]>;

  tag(repository: string, tag: string): Promise<TagHead | undefined>;
  /**
   * Writes the head if `rev` is the stored one (0 = absent); undefined on conflict. What `before`, the head that it replaces,
   * says of the past and it does not is put into the history first.
   */
  saveTag(head: TagHead, before?: TagHead): Promise<TagHead | undefined>;
  /** Put if absent, for what no head says: an event that did not move it. */
  addTagHistory(entry: Pick<TagHead, 'repository' | 'tag'> & TagHistoryEntry): Promise<void>;
  /** Every tag of a repository, in no order. */
  tags(repository: string): Promise<readonly TagHead[]>;
  /** Newest first: every digest and event time that was seen, those of the head among them. */
  tagHistory(repository: string, tag: string, page: PageRequest): Promise<Page<TagHistoryEntry>>;

  sourceLatest(pipeline: string, source: string): Promise<SourceLatest | undefined>;
  saveSourceLatest(latest: SourceLatest): Promise<SourceLatest | undefined>;

  /** Put if absent by (pipeline, build), or in the place of a failed one if it succeeded. */
  recordBuild(build: Build): Promise<'recorded' | 'known'>;
  /** Writes `settled` where exactly `seen` stands; answers what stands then. */
  settleBuild(seen: Build, settled: Build): Promise<Build>;
  build(pipeline: string, build: string): Promise<Build | undefined>;
  /** Newest successful by `at`. */
  lastSuccessfulBuild(pipeline: string): Promise<Build | undefined>;
  /** Newest first. */
  builds(pipeline: string, page: PageRequest): Promise<Page<Build>>;
}
