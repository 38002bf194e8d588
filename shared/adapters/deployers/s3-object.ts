import type { Artifact } from '../../domain/artifact.ts';
import { isDigest } from '../../domain/digest.ts';

export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  /** Absent where the bucket keeps no versions. */
  readonly versionId?: string;
}

/** Where the bytes of an `s3/object` are; undefined where its reference is no `s3://bucket/key`. */
export function s3ObjectOf({ reference, version }: Pick<Artifact, 'reference' | 'version'>): S3Object | undefined {
  const [, bucket, key] = /^s3:\/\/([A-Za-z0-9._-]{3,255})\/(.+)$/s.exec(reference) ?? [];
  if (bucket === undefined || key === undefined) return undefined;
  // Without versions in the bucket its version is the sum of its bytes.
  return { bucket, key, ...(version === undefined || isDigest(version) ? {} : { versionId: version }) };
}
