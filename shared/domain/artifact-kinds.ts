/** What sort of thing an artifact of a type is. `content` carries its bytes in its reference, `deployed` is an object of a cluster. */
export type ArtifactFamily =
  | 'image'
  | 'file'
  | 'repository'
  | 'package'
  | 'machineImage'
  | 'content'
  | 'deployed'
  | 'custom';

/**
 * How name, version and reference follow from one another where one is not said:
 *
 * - `image`: the OCI grammar, `name:tag` or `name@digest`;
 * - `plain`: name and reference stand for each other;
 * - `object`: the same, and `#generation` or `#version-id` behind a reference is its version;
 * - `coordinates`: `group:name:version`, the name being the first two;
 * - `packageFile`: a file name of Debian's or RPM's form says name and version;
 * - `regional`: the reference is the version too: the same name has another one in each Region;
 * - `numbered`: `name-version`;
 * - `content`: an unnamed one is named after a hash of its reference.
 */
export type NameRelation =
  | 'image'
  | 'plain'
  | 'object'
  | 'coordinates'
  | 'packageFile'
  | 'regional'
  | 'numbered'
  | 'content';

export interface ArtifactKind {
  readonly type: string;
  readonly family: ArtifactFamily;
  /** `either`: a name or a reference will do. */
  readonly required: 'either' | 'reference';
  readonly relation: NameRelation;
}

/** Spinnaker's types (spinnaker.io/docs/reference/artifacts/types), and what Flow's become. */
export const artifactKinds: readonly ArtifactKind[] = [
  { type: 'docker/image', family: 'image', required: 'either', relation: 'image' },
  // A chart in an OCI registry.
  { type: 'helm/image', family: 'image', required: 'either', relation: 'image' },
  { type: 'embedded/base64', family: 'content', required: 'reference', relation: 'content' },
  { type: 'remote/base64', family: 'content', required: 'reference', relation: 'plain' },
  { type: 's3/object', family: 'file', required: 'either', relation: 'plain' },
  { type: 'gcs/object', family: 'file', required: 'either', relation: 'object' },
  { type: 'oracle/object', family: 'file', required: 'either', relation: 'object' },
  { type: 'http/file', family: 'file', required: 'either', relation: 'plain' },
  { type: 'github/file', family: 'file', required: 'either', relation: 'plain' },
  { type: 'gitlab/file', family: 'file', required: 'either', relation: 'plain' },
  { type: 'bitbucket/file', family: 'file', required: 'either', relation: 'plain' },
  { type: 'jenkins/file', family: 'file', required: 'either', relation: 'plain' },
  { type: 'git/repo', family: 'repository', required: 'either', relation: 'plain' },
  { type: 'helm/chart', family: 'package', required: 'either', relation: 'plain' },
  { type: 'maven/file', family: 'package', required: 'either', relation: 'coordinates' },
  { type: 'ivy/file', family: 'package', required: 'either', relation: 'coordinates' },
  { type: 'deb', family: 'package', required: 'either', relation: 'packageFile' },
  { type: 'rpm', family: 'package', required: 'either', relation: 'packageFile' },
  // An AMI: reference = its id, location = its Region.
  { type: 'aws/image', family: 'machineImage', required: 'either', relation: 'regional' },
  { type: 'custom/object', family: 'custom', required: 'either', relation: 'plain' },
];

/** The account of what carries its own bytes (Spinnaker's name for it): there is nothing to log in to, so everybody has it. */
export const embeddedAccount = 'embedded-artifact';

const byType = new Map(artifactKinds.map((kind) => [kind.type, kind]));

/** The kind of a type; every type has one: `kubernetes/…` are objects of a cluster, what nobody knows is custom. */
export function artifactKind(type: string): ArtifactKind {
  const known = byType.get(type);
  if (known !== undefined) return known;
  const isDeployed = /^kubernetes\/[A-Za-z][A-Za-z0-9.-]*$/.test(type);
  return isDeployed
    ? { type, family: 'deployed', required: 'either', relation: 'numbered' }
    : { type, family: 'custom', required: 'either', relation: 'plain' };
}
