import { createHash } from 'node:crypto';
import type { GetFunctionCommandOutput, UpdateFunctionCodeCommandInput } from '@aws-sdk/client-lambda';
import type { Artifact } from '../../../domain/artifact.ts';
import { type Digest, parseDigest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import { fileDigest, findFile } from '../../../domain/file-digest.ts';
import { parseReference } from '../../../domain/reference.ts';
import { s3ObjectOf } from '../s3-object.ts';

/** What a function is to be made of. */
export type WantedCode =
  | { readonly kind: 'image'; readonly image: string; readonly digest: Digest }
  | { readonly kind: 'package'; readonly file: Artifact; readonly digest: Digest };

export interface GivenCode {
  readonly image?: string | undefined;
  readonly package?: string | undefined;
}

/** Failures: digestRequired, invalidInput. */
export function wantedCode(given: GivenCode, artifacts: readonly Artifact[]): WantedCode {
  if (given.package !== undefined) return wantedPackage(given.package, artifacts);
  const reference = parseReference(given.image ?? '');
  if (reference?.digest === undefined) {
    throw new Failure('digestRequired', `image is ${given.image}; lambda-function takes repository@sha256:… only`);
  }
  const { repository, digest } = reference;
  return { kind: 'image', image: `${repository}@${digest}`, digest };
}

function wantedPackage(text: string, artifacts: readonly Artifact[]): WantedCode {
  const file = findFile(artifacts, text);
  if (file === undefined) {
    const message = `package is ${text.slice(0, 300)}; it must refer to a zip file, as $[sources.package].`;
    throw new Failure('invalidInput', message);
  }
  const digest = fileDigest(file);
  if (digest !== undefined) return { kind: 'package', file, digest };
  const message = `Nobody knows the sha256 of ${file.name}: it could not be fetched when the run was bound, and its metadata has none.`;
  throw new Failure('digestRequired', message);
}

/** PackageType of a function that takes such code. */
export function packageTypeOf({ kind }: WantedCode): 'Image' | 'Zip' {
  return kind === 'image' ? 'Image' : 'Zip';
}

/** What Lambda says that the function, or version, is made of: the image that it resolved `ImageUri` to, or the sum of the zip file. */
export function codeDigest(found: GetFunctionCommandOutput, { kind }: WantedCode): Digest | undefined {
  if (kind === 'image') return parseDigest(found.Code?.ResolvedImageUri?.split('@').at(-1) ?? '');
  return zipDigest(found.Configuration?.CodeSha256);
}

/** CodeSha256 of a zip file is its sha256 in base64 (docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html). */
export function zipDigest(codeSha256: string | undefined): Digest | undefined {
  return parseDigest(`sha256:${Buffer.from(codeSha256 ?? '', 'base64').toString('hex')}`);
}

type CodeOfUpdate = Pick<
  UpdateFunctionCodeCommandInput,
  'ImageUri' | 'ZipFile' | 'S3Bucket' | 'S3Key' | 'S3ObjectVersion'
>;

/**
 * How Lambda is given the code. The bytes that the run has are sent themselves: they are at most 32 MiB, and Lambda takes 50 MB in
 * a call. Of a larger `s3/object` Lambda reads the version itself. Failures: contentNotFound, contentDenied, checksumMismatch.
 */
export async function codeOfUpdate(
  code: WantedCode,
  content: (file: Artifact) => Promise<Uint8Array>,
): Promise<CodeOfUpdate> {
  if (code.kind === 'image') return { ImageUri: code.image };
  const { file, digest } = code;
  const object = file.type === 's3/object' ? s3ObjectOf(file) : undefined;
  if (file.metadata.content === undefined && object?.versionId !== undefined) {
    return { S3Bucket: object.bucket, S3Key: object.key, S3ObjectVersion: object.versionId };
  }
  const ZipFile = await content(file);
  const found = `sha256:${createHash('sha256').update(ZipFile).digest('hex')}`;
  if (found === digest) return { ZipFile };
  throw new Failure('checksumMismatch', `The bytes of ${file.name} are ${found}, but ${digest} is wanted.`);
}
