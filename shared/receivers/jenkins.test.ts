import { describe, expect, it } from 'vitest';
import { parseCall } from '../../test/fixtures/parse-call.ts';
import { jenkins } from './jenkins.ts';

const state = (build: object = {}, more: object = {}) => ({
  name: 'shop',
  url: 'job/shop/',
  build: {
    full_url: 'https://ci.example.com/job/shop/7/',
    number: 7,
    timestamp: 1_795_166_700_000,
    phase: 'FINALIZED',
    status: 'SUCCESS',
    scm: { branch: 'origin/main', commit: 'abc', url: null },
    parameters: { VERSION: '1.0' },
    ...build,
  },
  ...more,
});

describe('a build', () => {
  it.each([
    ['FINALIZED', 'SUCCESS', ['succeeded']],
    ['FINALIZED', 'UNSTABLE', ['failed']],
    ['FINALIZED', 'FAILURE', ['failed']],
    ['FINALIZED', 'ABORTED', ['failed']],
    ['FINALIZED', 'NOT_BUILT', []],
    ['FINALIZED', null, []],
    ['COMPLETED', 'SUCCESS', []],
    ['STARTED', null, []],
    ['QUEUED', null, []],
  ])('%s %s is %j', (phase, status, outcomes) => {
    const parsed = parseCall(jenkins, state({ phase, status }));
    expect(parsed).toMatchObject({ key: `https://ci.example.com/job/shop/7/ ${phase}` });
    expect(parsed.kind === 'events' && parsed.events.map((event) => event.kind === 'build' && event.outcome)).toEqual(
      outcomes,
    );
  });

  it.each([
    ['job/shop/', 'shop'],
    ['job/team/job/shop/job/feature%252Fx/', 'team/shop/feature%2Fx'],
    ['job/%E5%95%86%E5%BA%97/', '商店'],
    ['job/view/job/view/', 'view/view'],
    ['view/all/job/shop/', 'shop'],
    ['job/%E5%95/', 'shop'],
    ['', 'shop'],
    [null, 'shop'],
  ])('of %s is of %s', (url, pipeline) => {
    expect(parseCall(jenkins, state({}, { url }))).toMatchObject({ events: [{ pipeline }] });
  });

  it.each([
    ['origin/main', 'main'],
    ['refs/heads/release/1', 'release/1'],
    ['refs/remotes/origin/x', 'x'],
    ['main', 'main'],
    [null, undefined],
    ['', undefined],
  ])('of branch %s is of %s', (branch, expected) => {
    expect(parseCall(jenkins, state({ scm: { branch } }))).toMatchObject({ events: [{ branch: expected }] });
  });

  it.each([
    [null, undefined],
    [0, undefined],
    [1.5, undefined],
    [-1, undefined],
    [1_795_166_700_000, 1_795_166_700_000],
  ])('at %s happened at %s', (timestamp, at) => {
    expect(parseCall(jenkins, state({ timestamp }))).toMatchObject({ events: [{ at }] });
  });

  it.each([
    ['VERSION', '1.0'],
    ['BUILD_NUMBER', '7'],
    ['GIT_COMMIT', 'abc'],
    ['JOB_NAME', 'shop'],
  ])('reports %s', (name, tag) => {
    const settings = { artifacts: [{ image: `registry.example.com/x:\${${name}}` }] };
    expect(parseCall(jenkins, state(), { settings })).toMatchObject({
      events: [{ artifacts: [{ artifact: { reference: `registry.example.com/x:${tag}` } }] }],
    });
  });

  it('without the parameter of the mapping is refused', () => {
    const settings = { artifacts: [{ image: 'registry.example.com/x:${VERSION}' }] };
    expect(parseCall(jenkins, state({ parameters: null }), { settings })).toMatchObject({
      refusals: [{ event: 0, reason: 'unmappedVariable' }],
    });
  });

  it('without an address is known by its job and number', () => {
    expect(parseCall(jenkins, state({ full_url: null }))).toMatchObject({ key: 'shop#7 FINALIZED' });
  });
});
