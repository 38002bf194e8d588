import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../domain/json.ts';
import { type Trial, tryResolution } from './try-resolution.ts';

const ports = { sha1: (bytes: Uint8Array) => createHash('sha1').update(bytes).digest() };

function attempt(trial: Partial<Trial>) {
  const whole = {
    expectedArtifacts: [],
    receivedArtifacts: [],
    priorArtifacts: [],
    requireUniqueMatches: true,
    ...trial,
  };
  return tryResolution(ports, whole);
}

/** Section 1 of the reference: what an artifact may look like. */
describe('an artifact', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['keeps what is absent absent', { type: 't' }, { type: 't', metadata: {} }],
    ['keeps an empty text', { name: '' }, { name: '', metadata: {} }],
    ['has numbers and booleans as texts', { version: 1.5, name: true }, { version: '1.5', name: 'true', metadata: {} }],
    [
      'gathers unknown keys in its metadata',
      { type: 't', extra: { a: [1] } },
      { type: 't', metadata: { extra: { a: [1] } } },
    ],
    ['drops kind', { kind: 'x', type: 't' }, { type: 't', metadata: {} }],
    ['takes null metadata as empty', { metadata: null }, { metadata: {} }],
    ['loses null in its metadata', { metadata: { a: null, b: 1 } }, { metadata: { b: 1 } }],
    ['has its own uuid in its metadata', { uuid: 'x' }, { metadata: { uuid: 'x' } }],
    [
      'comes in Flow’s shape',
      { artifact: 'shop', type: 'dockerImage', dockerUrl: 'r.example.com/shop:1', dockerTag: '1' },
      {
        type: 'docker/image',
        name: 'r.example.com/shop',
        reference: 'r.example.com/shop:1',
        metadata: { artifact: 'shop', tags: ['1'] },
      },
    ],
  ])('%s', (_name, given, expected) => {
    const answer = attempt({ expectedArtifacts: [{ id: 'x' }], receivedArtifacts: [given] });
    const { uuid: _uuid, ...artifact } =
      answer.kind === 'resolved' ? (answer.artifacts[0] ?? { uuid: '' }) : { uuid: '' };
    expect(artifact).toEqual(expected);
  });

  it('with an object for a text is refused, with its path', () => {
    const receivedArtifacts: readonly JsonObject[] = [{}, { name: {}, metadata: [] }];
    const expectedArtifacts: readonly JsonObject[] = [
      { id: [], matchArtifact: { type: {} }, useDefaultArtifact: 1 },
      { matchArtifact: 'x' },
    ];
    const answer = attempt({ receivedArtifacts, expectedArtifacts });
    expect(answer.kind === 'invalid' && answer.errors.map(({ path }) => path)).toEqual([
      'expectedArtifacts[0].id',
      'expectedArtifacts[0].useDefaultArtifact',
      'expectedArtifacts[0].matchArtifact.type',
      'expectedArtifacts[1].matchArtifact',
      'receivedArtifacts[1].name',
      'receivedArtifacts[1].metadata',
    ]);
  });
});

describe('an expectation', () => {
  it('without id and matchArtifact takes anything; what it was bound to is overwritten', () => {
    const expectedArtifacts = [{ id: null, matchArtifact: null, boundArtifact: { type: 'old' } }];
    const answer = attempt({ expectedArtifacts, receivedArtifacts: [{ type: 'new' }] });
    expect(answer).toMatchObject({
      kind: 'resolved',
      resolved: [{ expectation: { id: '' }, artifact: { type: 'new' } }],
    });
  });

  it('takes what is prior, then its default, even an empty stub', () => {
    const expectedArtifacts: readonly JsonObject[] = [
      { id: 'p', displayName: 'P', matchArtifact: { name: 'p' }, usePriorArtifact: true },
      { id: 'd', matchArtifact: { name: 'd' }, useDefaultArtifact: true, defaultArtifact: { customKind: true } },
    ];
    expect(attempt({ expectedArtifacts, priorArtifacts: [{ name: 'p' }] })).toMatchObject({
      kind: 'resolved',
      resolved: [
        { from: 'prior', expectation: { displayName: 'P' }, artifact: { name: 'p' } },
        { from: 'default', artifact: { metadata: { customKind: true } } },
      ],
      artifacts: [{ name: 'p' }, {}],
    });
  });

  it.each([
    [true, 'multiple-matches'],
    [false, 'first'],
  ])('with several matches, unique %s: %s', (requireUniqueMatches, expected) => {
    const expectedArtifacts = [{ id: 'x', matchArtifact: { type: 't' } }];
    const receivedArtifacts = [
      { type: 't', name: 'first' },
      { type: 't', name: 'second' },
    ];
    const answer = attempt({ expectedArtifacts, receivedArtifacts, requireUniqueMatches });
    expect(answer.kind === 'failed' ? answer.code : answer.kind === 'resolved' && answer.artifacts[0]?.name).toBe(
      expected,
    );
  });
});

it('does only so much work', () => {
  const expectedArtifacts = Array.from({ length: 200 }, () => ({ matchArtifact: { type: '.*', name: '.*' } }));
  const receivedArtifacts = [{ name: 'x'.repeat(100_000) }];
  expect(attempt({ expectedArtifacts, receivedArtifacts })).toMatchObject({ kind: 'tooLarge' });
});
