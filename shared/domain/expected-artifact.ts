import type { Artifact } from './artifact.ts';

/** `matchArtifact`: whole-value patterns in Java's meaning; an absent or empty field is no constraint. */
export interface ArtifactPattern {
  readonly type?: string;
  readonly name?: string;
  readonly version?: string;
  readonly location?: string;
  readonly reference?: string;
  /** Never compared: given to what is bound where that has none (Spinnaker's getBoundArtifactForId). */
  readonly artifactAccount?: string;
}

/** An artifact as a file writes it: its uuid is made where hashing is at hand. */
export type WrittenArtifact = Omit<Artifact, 'uuid'>;

/** Spinnaker's expectation, as far as it is compared; the file keeps every key as written. */
export interface ExpectedArtifact {
  readonly id: string;
  readonly displayName?: string;
  readonly matchArtifact: ArtifactPattern;
  readonly usePriorArtifact: boolean;
  readonly useDefaultArtifact: boolean;
  readonly defaultArtifact?: WrittenArtifact;
}

/** What a stage consumes: by the id of an expectation, or written out; `account` overrides the artifact's own. */
export interface InputArtifact {
  readonly id?: string;
  readonly account?: string;
  readonly artifact?: WrittenArtifact;
}
