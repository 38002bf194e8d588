import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { normaliseArtifact } from './artifact-identity.ts';
import type { DeliveredEvent } from './delivery.ts';
import { parseDigest } from './digest.ts';
import type { JsonObject } from './json.ts';
import { claimedTags, isBodyDoubted } from './vouched-tags.ts';

const repository = 'registry.example.com/team/shop';
const digest = parseDigest(`sha256:${'a'.repeat(64)}`) ?? expect.fail('no digest');
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest();

function image(reference: string, metadata: JsonObject = {}) {
  const read = normaliseArtifact({ type: 'docker/image', name: repository, reference, metadata }, sha1);
  if (read.kind !== 'ok') throw new Error(JSON.stringify(read));
  return read.artifact;
}

function build(...artifacts: readonly ReturnType<typeof image>[]): DeliveredEvent {
  const at = { stage: 's', job: 'j', step: 't' };
  return {
    ...{ kind: 'build', pipeline: 'ci', build: '1', outcome: 'succeeded' },
    artifacts: artifacts.map((artifact) => ({ ...at, artifact })),
  };
}

function webhook(...artifacts: readonly ReturnType<typeof image>[]): DeliveredEvent {
  return { kind: 'webhook', type: 't', source: 's', payload: {}, parameters: {}, artifacts };
}

describe('whether a body is doubted', () => {
  it.each([
    ['signed bytes', { signed: true }, false],
    ['a sender proven by a header', { signed: true, unsignedBody: true }, true],
    ['a sender that proves nothing', { signed: false }, true],
  ] as const)('%s', (_, delivery, doubted) => {
    expect(isBodyDoubted(delivery)).toBe(doubted);
  });
});

describe('what an event claims of tags', () => {
  const claimed = { repository, tag: '1.0', digest };
  const both = image(`${repository}@${digest}`, { tags: ['1.0'] });
  it.each<[string, DeliveredEvent, readonly object[]]>([
    ['a push of both', { kind: 'push', repository, tag: '1.0', digest }, [claimed]],
    ['a push of a tag', { kind: 'push', repository, tag: '1.0' }, []],
    ['a push of a digest', { kind: 'push', repository, digest }, []],
    ['a push whose digest was asked for', { kind: 'push', repository, tag: '1.0', digest, resolvedAt: 1 }, []],
    ['a build of both', build(both), [claimed]],
    ['a build of a tag', build(image(`${repository}:1.0`)), []],
    ['a build of a digest', build(image(`${repository}@${digest}`)), []],
    [
      'a build whose digest was asked for',
      build(image(`${repository}@${digest}`, { tags: ['1.0'], resolvedAt: 1 })),
      [],
    ],
    ['a webhook with both', webhook(both), [claimed]],
    ['a scan', { kind: 'scan', repository, tag: '1.0', digest, status: 'complete', severities: {} }, []],
    ['a deletion', { kind: 'delete', repository, tag: '1.0', digest }, []],
  ])('%s', (_, event, expected) => {
    expect(claimedTags(event)).toEqual(expected);
  });
});
