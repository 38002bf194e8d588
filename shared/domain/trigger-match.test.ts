import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Artifact } from './artifact.ts';
import { imageArtifact } from './artifact-identity.ts';
import type { Digest } from './digest.ts';
import { isDigest } from './digest.ts';
import type { JsonObject } from './json.ts';
import type { Expectation, Source, TriggerRule } from './pipeline.ts';
import type { DockerTrigger, WebhookTrigger } from './trigger.ts';
import { matchDockerTag, matchExpected, matchWebhook, sourceTakes } from './trigger-match.ts';

const base = { index: 0, enabled: true, expectedArtifactIds: [] };
const docker: DockerTrigger = { ...base, kind: 'docker', account: 'hub', repository: 'team/shop' };
const hook: WebhookTrigger = { ...base, kind: 'webhook', type: 'git', source: 'forge', payloadConstraints: {} };

function rule(trigger: DockerTrigger | WebhookTrigger, expected: readonly Expectation[] = []): TriggerRule {
  return { type: 'trigger', trigger, expected };
}

describe('matchDockerTag', () => {
  it.each<[string | undefined, string | undefined, string]>([
    // absent (blank when read): every tag but exactly latest
    [undefined, '1.0', 'matched'],
    [undefined, 'latest', 'tagExcluded'],
    [undefined, 'Latest', 'matched'],
    [undefined, 'latest-1', 'matched'],
    // an explicit pattern may select latest
    ['.*', 'latest', 'matched'],
    ['latest', 'latest', 'matched'],
    // the whole tag, case sensitive
    ['1\\.[0-9]+', '1.4', 'matched'],
    ['1\\.[0-9]+', '1.4-rc', 'tagNotIncluded'],
    ['1\\.[0-9]+', 'v1.4', 'tagNotIncluded'],
    ['a|ab', 'ab', 'matched'],
    ['V1', 'v1', 'tagNotIncluded'],
    ['(?i)V1', 'v1', 'matched'],
    // an invalid one matches nothing and is no fault
    ['(', '(', 'tagNotIncluded'],
    ['(?!x).*', 'y', 'tagNotIncluded'],
    // without a tag there is no event
    [undefined, undefined, 'noTag'],
    ['.*', undefined, 'noTag'],
    ['.*', '', 'noTag'],
  ])('pattern %j and tag %j: %s', (tag, pushed, reason) => {
    const match = matchDockerTag(rule(tag === undefined ? docker : { ...docker, tag }), pushed);
    expect(match).toEqual({ matched: reason === 'matched', reason, message: expect.stringMatching(/\.$/) });
  });

  it('is asked whether it is enabled before anything else', () => {
    expect(matchDockerTag(rule({ ...docker, enabled: false }), undefined).reason).toBe('triggerDisabled');
  });

  it('takes no push for a webhook trigger', () => {
    expect(matchDockerTag(rule(hook), '1').reason).toBe('kindNotListened');
    expect(matchWebhook(rule(docker), {}).reason).toBe('kindNotListened');
  });

  it('takes every tag that is not latest where none is named', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/), (tag) => {
        expect(matchDockerTag(rule(docker), tag).matched).toBe(tag !== 'latest');
      }),
    );
  });
});

describe('matchWebhook', () => {
  const payload: JsonObject = { ref: 'refs/heads/main', repository: { name: 'shop' }, dry: false };

  it.each<[WebhookTrigger['payloadConstraints'], string]>([
    [{}, 'matched'],
    [{ ref: 'main' }, 'matched'],
    [{ ref: 'main', 'repository.name': '^shop$', dry: 'false' }, 'matched'],
    [{ ref: 'main', 'repository.name': '^web$' }, 'constraintNotMet'],
    [{ ref: null, absent: null }, 'constraintNotMet'],
    [{ 'repository[': 'x' }, 'constraintNotMet'],
  ])('constraints %j: %s', (payloadConstraints, reason) => {
    const match = matchWebhook(rule({ ...hook, payloadConstraints }), payload);
    expect(match).toEqual({ matched: reason === 'matched', reason, message: expect.stringMatching(/\.$/) });
  });

  it('names the first constraint that does not hold', () => {
    const trigger = { ...hook, payloadConstraints: { ref: 'main', dry: 'true', absent: null } };
    expect(matchWebhook(rule(trigger), payload).message).toBe(
      'The payload does not meet a constraint: "dry" must hold "true".',
    );
    expect(matchWebhook(rule({ ...hook, payloadConstraints: { absent: null } }), payload).message).toBe(
      'The payload does not meet a constraint: "absent" must be there.',
    );
  });

  it('does not fire while it is not enabled', () => {
    expect(matchWebhook(rule({ ...hook, enabled: false }), payload).reason).toBe('triggerDisabled');
  });
});

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest();
const repository = 'r.io/team/shop';
const digest = asDigest(`sha256:${'a'.repeat(64)}`);
const image = imageArtifact({ repository, digest, tag: '1.4' }, sha1);
const file: Artifact = {
  type: 's3/object',
  name: 's3://cfg/a',
  version: '7',
  reference: 's3://cfg/a',
  metadata: {},
  uuid: 'u',
};

function asDigest(text: string): Digest {
  if (!isDigest(text)) throw new Error(text);
  return text;
}

function pattern(fields: Readonly<Record<string, string>>): Expectation {
  return { kind: 'pattern', pattern: fields };
}

function source(of: Source): Expectation {
  return { kind: 'source', source: of };
}

const registry: Source = { type: 'registry', repository, on: [], order: 'pushed', tags: { include: ['1.*'] } };

describe('matchExpected', () => {
  it.each<[string, readonly string[], readonly Expectation[], readonly Artifact[], boolean]>([
    ['no ids', [], [], [], true],
    ['no ids, whatever came', [], [], [image], true],
    ['ids that nothing has', ['gone'], [], [image], false],
    ['ids and no artifact', ['a'], [pattern({})], [], false],
    [
      'one of the artifacts and one of the expectations',
      ['a', 'b'],
      [pattern({ name: 'x' }), pattern({ type: 's3/object' })],
      [image, file],
      true,
    ],
    ['none of them', ['a'], [pattern({ name: 'x' })], [image, file], false],
    ['an image by its tag', ['a'], [pattern({ type: 'docker/image', version: '1\\..*' })], [image], true],
    ['an image by its tagged reference', ['a'], [pattern({ reference: 'r.io/team/shop:1.4' })], [image], true],
    ['an image by its digest', ['a'], [pattern({ version: digest })], [image], true],
    ['an image by another tag', ['a'], [pattern({ version: '2\\..*' })], [image], false],
    ['a pattern that nothing can match', ['a'], [pattern({ version: '(' })], [image], false],
    ['a source that admits it', ['image'], [source(registry)], [image], true],
  ])('%s', (_, expectedArtifactIds, expected, artifacts, matched) => {
    const match = matchExpected(rule({ ...docker, expectedArtifactIds }, expected), artifacts);
    expect(match.reason).toBe(matched ? 'matched' : 'constraintNotMet');
  });
});

describe('sourceTakes', () => {
  const files: Source = {
    type: 'artifact',
    artifactType: 's3/object',
    name: 's3://cfg/a',
    on: ['push'],
    order: 'pushed',
  };

  it.each<[string, Source, Artifact, boolean]>([
    ['an image of its repository and tags', registry, image, true],
    ['another tag', { ...registry, tags: { include: ['2.*'] } }, image, false],
    ['a digest without a tag', registry, imageArtifact({ repository, digest }, sha1), true],
    ['another repository', { ...registry, repository: 'r.io/team/web' }, image, false],
    ['a file for a registry', registry, file, false],
    ['a file of its type and name', files, file, true],
    ['another version', { ...files, versions: { include: ['8'] } }, file, false],
    ['another name', { ...files, name: 's3://cfg/b' }, file, false],
    ['another type', { ...files, artifactType: 'gcs/object' }, file, false],
    ['a build', { type: 'pipeline', pipeline: 'p', build: 'lastSuccessfulBuild', on: [] }, image, false],
  ])('%s', (_, of, artifact, expected) => {
    expect(sourceTakes(of, artifact)).toBe(expected);
  });
});
