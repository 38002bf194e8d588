import { describe, expect, it } from 'vitest';
import { publishedImage } from '../../test/fixtures/published-image.ts';
import type { JsonObject } from '../domain/json.ts';
import { buildSettings } from './build-mapping.ts';
import { type BuildReport, buildParsed, commonVariables, reportedVariables } from './build-report.ts';

const host = 'registry.example.com';
const own = publishedImage(`${host}/own@sha256:${'a'.repeat(64)}`);
const report = (more: Partial<BuildReport> = {}): BuildReport => ({
  pipeline: 'shop',
  build: '1',
  outcome: 'succeeded',
  variables: new Map([['TAG', '1.0']]),
  ...more,
});
const parse = (more: Partial<BuildReport>, settings: JsonObject = {}) =>
  buildParsed(report(more), { settings: buildSettings.parse(settings), key: 'k' });
const mapped = { artifacts: [{ image: `${host}/shop:\${TAG}` }] };
const unmapped = { artifacts: [{ image: `${host}/shop:\${NOPE}` }] };

describe('what a build published', () => {
  it.each<[string, Partial<BuildReport>, JsonObject, readonly unknown[], readonly unknown[]]>([
    ['is mapped', {}, mapped, [publishedImage(`${host}/shop:1.0`)], []],
    ['is what its sender says', { results: [own] }, mapped, [own], []],
    ['is what its sender says, whatever cannot be mapped', { results: [own] }, unmapped, [own], []],
    ['cannot be mapped', {}, unmapped, [], [{ event: 0, reason: 'unmappedVariable' }]],
    ['is nothing where it failed', { outcome: 'failed' }, mapped, [], []],
    ['is what its sender says where it failed', { outcome: 'failed', results: [own] }, mapped, [own], []],
    ['is nothing without a mapping', {}, {}, [], []],
  ])('%s', (_, more, settings, artifacts, refusals) => {
    const parsed = parse(more, settings);
    expect(parsed).toMatchObject({ kind: 'events', key: 'k', events: [{ kind: 'build', artifacts }] });
    expect(parsed.kind === 'events' ? (parsed.refusals ?? []) : []).toMatchObject(refusals);
  });
});

describe('where it came from', () => {
  const settings = { branch: '${GIT_BRANCH}', revision: 'r-${TAG}' };
  it.each<[string, Partial<BuildReport>, object]>([
    ['its sender says', { branch: 'main', revision: 'abc' }, { branch: 'main', revision: 'abc' }],
    [
      'the settings say',
      {
        variables: new Map([
          ['GIT_BRANCH', 'x'],
          ['TAG', '2'],
        ]),
      },
      { branch: 'x', revision: 'r-2' },
    ],
    ['nobody says', { variables: new Map() }, { branch: undefined, revision: undefined }],
    [
      'an empty text says',
      { branch: '', revision: '', variables: new Map() },
      { branch: undefined, revision: undefined },
    ],
    ['a text says that nothing compares with', { branch: 'b'.repeat(257) }, { branch: undefined }],
    ['an address says that is too long', { provenance: `https://x/${'y'.repeat(2048)}` }, { provenance: undefined }],
  ])('%s', (_, more, expected) => {
    expect(parse(more, settings)).toMatchObject({ events: [expected] });
  });
});

it.each([
  [{ pipeline: '' }, 'pipeline'],
  [{ pipeline: 'p'.repeat(257) }, 'pipeline'],
  [{ build: 'b'.repeat(129) }, 'build'],
  [{ build: '1\n2' }, 'control'],
])('%j is malformed', (more, names) => {
  expect(parse(more)).toMatchObject({ kind: 'malformed', message: expect.stringContaining(names) });
});

it('is dated when it finished, unless its sender says otherwise', () => {
  expect(parse({ finishedAt: 5 })).toMatchObject({ events: [{ at: 5, finishedAt: 5 }] });
  expect(parse({ finishedAt: 5, at: 7 })).toMatchObject({ events: [{ at: 7, finishedAt: 5 }] });
});

it('keeps no more than 500 variables that people typed, and all facts', () => {
  const typed = Array.from({ length: 600 }, (_, index) => [`V${index}`, 'x'] as const);
  const found = reportedVariables(commonVariables({ pipeline: 'p', build: 'b', revision: '0123456789' }), typed);
  expect(found.size).toBe(504);
  expect(found.get('SHORT_REVISION')).toBe('0123456');
});
