import { createHash } from 'node:crypto';
import type { Build } from '@aws-sdk/client-codebuild';
import { imageArtifact, normaliseArtifact } from '../../../domain/artifact-identity.ts';
import type { PublishedArtifact } from '../../../domain/execution.ts';
import { Failure } from '../../../domain/failure.ts';
import { namesHost, parseReference } from '../../../domain/reference.ts';

/** What a build exported, each under its variable's name: an image by digest, else a text of this very build. Empty ones are left out. */
export function exportedArtifacts(build: Build, id: string): readonly PublishedArtifact[] {
  return (build.exportedEnvironmentVariables ?? []).flatMap(({ name, value }) =>
    name === undefined || value === undefined || value === '' ? [] : [{ name, artifact: artifactOf(name, value, id) }],
  );
}

function artifactOf(name: string, value: string, version: string) {
  const reference = namesHost(value) ? parseReference(value) : undefined;
  if (reference?.digest !== undefined) {
    const { repository, digest, tag } = reference;
    return imageArtifact({ repository, digest, ...(tag === undefined ? {} : { tag }) }, sha1);
  }
  const normalised = normaliseArtifact({ type: 'custom/object', name, version, reference: value }, sha1);
  if (normalised.kind === 'ok') return normalised.artifact;
  const [fault] = normalised.errors;
  throw new Failure('stepFailed', `The exported variable ${name} is no artifact: ${fault?.path} ${fault?.message}.`);
}

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}
