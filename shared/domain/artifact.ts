import type { Digest } from './digest.ts';
import type { Fact } from './fact.ts';
import type { JsonObject } from './json.ts';

/** Spinnaker's decoration of one published thing (contract 3). Identity = type + name + version. */
export interface Artifact {
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly reference: string;
  readonly artifactAccount?: string;
  readonly provenance?: string;
  readonly location?: string;
  readonly metadata: JsonObject;
  /** UUIDv5 of type, name, version: Waybill's own. */
  readonly uuid: string;
}

export const imageType = 'docker/image';

/** A platform child of an index (design 7). */
export interface PlatformChild {
  readonly digest: Digest;
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** What the manifest's bytes said once they were fetched by digest and hashed. */
export interface ManifestFacts {
  readonly mediaType: string;
  readonly size: number;
  /** Empty for a single-platform image; `unknown/unknown` children are left out. */
  readonly children: readonly PlatformChild[];
  /** Epoch milliseconds, from the config or the annotation `org.opencontainers.image.created`. */
  readonly created?: number;
  /** Annotation or label `org.opencontainers.image.source`, `.revision`; `branch` from `org.opencontainers.image.ref.name` is NOT taken: it is a tag. */
  readonly source?: string;
  readonly revision?: string;
  readonly branch?: string;
}

/** An artifact as recorded. */
export interface RecordedArtifact {
  readonly artifact: Artifact;
  /** `host/path` of an image; absent for other types. */
  readonly repository?: string;
  readonly digest?: Digest;
  readonly firstSeenAt: number;
  readonly manifest?: ManifestFacts;
  /** Its manifest was got with these accounts alone, which not every pipeline may use; absent: nobody had to be asked for leave. */
  readonly accounts?: readonly string[];
  readonly branch?: string;
  readonly revision?: string;
  /** What told of it first; other facts are their own. */
  readonly firstFact?: Fact;
  readonly rev: number;
}
