import { describe, expect, it } from 'vitest';
import type { PipelineSource, RegistrySource, TagOrder } from './pipeline.ts';
import { isLatest, matchSource, matchUnresolved, type SourceEvent } from './source-match.ts';
import type { Versioned } from './versioning/scheme.ts';

const registry: RegistrySource = {
  type: 'registry',
  repository: 'r.io/shop',
  on: ['push', 'scan'],
  tags: { include: ['shop-*'], exclude: ['*-rc*'] },
  order: 'pushed',
  branches: { include: ['main'] },
};
const upstream: PipelineSource = {
  type: 'pipeline',
  pipeline: 'shop-pre',
  build: 'lastSuccessfulBuild',
  on: ['buildSuccess'],
};
const push: SourceEvent = { kind: 'push', tag: 'shop-1', branch: 'main' };
const scan: SourceEvent = { kind: 'scan', tag: 'shop-1', branch: 'main', status: 'complete' };
const build: SourceEvent = { kind: 'build', build: '7', outcome: 'succeeded', branch: 'main' };

describe('matchSource', () => {
  it.each<[string, RegistrySource | PipelineSource, SourceEvent, string]>([
    ['a push', registry, push, 'matched'],
    ['a complete scan', registry, scan, 'matched'],
    ['a build', upstream, build, 'matched'],
    ['a source that starts nothing', { ...registry, on: [] }, push, 'kindNotListened'],
    ['a push where scans are listened to', { ...registry, on: ['scan'] }, push, 'kindNotListened'],
    ['a scan where pushes are', { ...registry, on: ['push'] }, scan, 'kindNotListened'],
    [
      'a failed scan nobody listens to',
      { ...registry, on: ['push'] },
      { ...scan, status: 'failed' },
      'kindNotListened',
    ],
    ['a failed scan', registry, { ...scan, status: 'failed' }, 'scanNotSuccessful'],
    ['a deleted tag', registry, { kind: 'delete', tag: 'shop-1' }, 'kindNotListened'],
    ['a test report', registry, { kind: 'test', tag: 'shop-1' }, 'kindNotListened'],
    ['a build for a registry source', registry, build, 'kindNotListened'],
    ['a push for a pipeline source', upstream, push, 'kindNotListened'],
    ['no tag', registry, { kind: 'push', branch: 'main' }, 'noTag'],
    ['another tag', registry, { ...push, tag: 'web-1' }, 'tagNotIncluded'],
    ['an excluded tag', registry, { ...push, tag: 'shop-1-rc1' }, 'tagExcluded'],
    ['another branch', registry, { ...push, branch: 'dev' }, 'branchNotIncluded'],
    ['no branch', registry, { kind: 'push', tag: 'shop-1' }, 'branchUnknown'],
    ['tag before branch', registry, { kind: 'push', tag: 'web-1' }, 'tagNotIncluded'],
    ['a failed build', upstream, { ...build, outcome: 'failed' }, 'kindNotListened'],
    ['a pipeline source that starts nothing', { ...upstream, on: [] }, build, 'kindNotListened'],
    ['the build it is pinned to', { ...upstream, build: '7' }, build, 'matched'],
    ['another than it is pinned to', { ...upstream, build: '6' }, build, 'kindNotListened'],
    ['a build of another branch', { ...upstream, branches: { include: ['dev'] } }, build, 'branchNotIncluded'],
  ])('%s', (_, rule, event, reason) => {
    const match = matchSource(rule, event);
    expect(match).toEqual({ matched: reason === 'matched', reason, message: expect.stringMatching(/\.$/) });
  });

  it.each<[RegistrySource | PipelineSource, SourceEvent, string]>([
    [{ ...registry, on: [] }, push, 'This is a push event; the source starts no runs (on is empty).'],
    [{ ...registry, on: ['scan'] }, push, 'This is a push event; the source listens to scan.'],
    [{ ...upstream, build: '6' }, build, 'The source takes build 6 only; this is build 7.'],
  ])('row %#: says why', (rule, event, message) => {
    expect(matchSource(rule, event).message).toBe(message);
  });
});

it('does not ask for the branch before the tag is resolved', () => {
  expect(matchUnresolved(registry, { kind: 'push', tag: 'shop-1' }).matched).toBe(true);
  expect(matchUnresolved(registry, { kind: 'push', tag: 'web-1' }).reason).toBe('tagNotIncluded');
});

describe('isLatest', () => {
  it.each<[string, TagOrder, Versioned, Versioned | undefined, boolean]>([
    ['pushed takes each', 'pushed', { tag: 'a', pushedAt: 1 }, { tag: 'b', pushedAt: 9 }, true],
    ['the first', 'semver', { tag: '1.0', pushedAt: 1 }, undefined, true],
    ['a better one', 'semver', { tag: '1.1', pushedAt: 1 }, { tag: '1.0', pushedAt: 9 }, true],
    ['a lower one', 'semver', { tag: '1.0.5', pushedAt: 9 }, { tag: '1.1', pushedAt: 1 }, false],
    ['the head again, after a crash', 'semver', { tag: '1.1', pushedAt: 1 }, { tag: '1.1', pushedAt: 1 }, true],
    ['the head with other bytes', 'semver', { tag: '1.1', pushedAt: 2 }, { tag: '1.1', pushedAt: 1 }, true],
    ['no version', 'semver', { tag: 'latest', pushedAt: 1 }, undefined, false],
    ['no number', 'numeric', { tag: 'latest', pushedAt: 1 }, undefined, false],
    ['by text', 'lexical', { tag: 'b', pushedAt: 1 }, { tag: 'a', pushedAt: 9 }, true],
  ])('%s', (_, order, candidate, head, expected) => {
    expect(isLatest(order, candidate, head)).toBe(expected);
  });
});
