import { describe, expect, it } from 'vitest';
import { parseCall } from '../../test/fixtures/parse-call.ts';
import { bitbucket } from './bitbucket.ts';

const hash = '9fec847784abb10b2fa567ee63b85bd238955d0e';
const hook = (status: object = {}) => ({
  repository: { full_name: 'acme/shop' },
  commit_status: {
    key: 'ci',
    name: 'CI 构建',
    state: 'SUCCESSFUL',
    url: 'https://bitbucket.org/acme/shop/pipelines/results/42',
    refname: 'main',
    commit: { hash },
    updated_on: '2026-11-20T10:01:03.018137+00:00',
    ...status,
  },
});

it.each([
  ['SUCCESSFUL', ['succeeded']],
  ['FAILED', ['failed']],
  ['STOPPED', ['failed']],
  ['INPROGRESS', []],
])('%s is %j', (state, outcomes) => {
  const parsed = parseCall(bitbucket, hook({ state }));
  expect(parsed.kind === 'events' && parsed.events.map((event) => event.kind === 'build' && event.outcome)).toEqual(
    outcomes,
  );
});

describe('the build', () => {
  it.each([
    ['https://bitbucket.org/acme/shop/pipelines/results/42', 'acme/shop', '42'],
    ['https://bitbucket.org/acme/shop/addon/pipelines/home#!/results/42', 'acme/shop', '42'],
    ['https://bitbucket.org/acme/shop/addon/pipelines/home#!/results/42/steps/1', 'acme/shop', '42'],
    ['https://ci.example.com/results/42', 'acme/shop:ci', hash],
    [null, 'acme/shop:ci', hash],
  ])('of %s', (url, pipeline, build) => {
    expect(parseCall(bitbucket, hook({ url }))).toMatchObject({
      events: [{ pipeline, build, branch: 'main', revision: hash }],
    });
  });

  it.each([
    [
      { commit: null, links: { commit: { href: `https://api.bitbucket.org/2.0/repositories/a/b/commit/${hash}` } } },
      hash,
    ],
    [{ commit: null, links: { commit: { href: 'https://example.com/' } } }, undefined],
  ])('of the commit in %j', (status, revision) => {
    expect(parseCall(bitbucket, hook(status))).toMatchObject({ events: [{ revision }] });
  });

  it.each([
    ['STATUS_KEY', 'ci'],
    ['BITBUCKET_BUILD_NUMBER', '42'],
    ['SHORT_REVISION', '9fec847'],
    ['BRANCH', 'main'],
  ])('reports %s', (name, tag) => {
    const settings = { artifacts: [{ image: `registry.example.com/x:\${${name}}` }] };
    expect(parseCall(bitbucket, hook(), { settings })).toMatchObject({
      events: [{ artifacts: [{ artifact: { reference: `registry.example.com/x:${tag}` } }] }],
    });
  });
});

it('that failed and ran again is another delivery; told by two events it is one', () => {
  const keyOf = (status: object) => {
    const parsed = parseCall(bitbucket, hook(status));
    return parsed.kind === 'events' ? parsed.key : undefined;
  };
  expect(keyOf({})).toBe(keyOf({ name: 'other' }));
  expect(new Set([keyOf({}), keyOf({ state: 'FAILED' }), keyOf({ updated_on: '2026-11-20T11:01:03Z' })]).size).toBe(3);
});
