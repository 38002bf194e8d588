import { describe, expect, it } from 'vitest';
import { parseCall } from '../../test/fixtures/parse-call.ts';
import { tekton } from './tekton.ts';

const a = `sha256:${'a'.repeat(64)}`;
const b = `sha256:${'b'.repeat(64)}`;
const host = 'registry.example.com';
const type = (kind: string) => ({
  'ce-id': '1',
  'ce-source': '/x',
  'ce-type': `dev.tekton.event.pipelinerun.${kind}.v1`,
});
const success = { headers: type('successful') };
const run = (more: { metadata?: object; spec?: object | null; status?: object | null } = {}) => ({
  pipelineRun: {
    metadata: { name: 'shop-7x2kq', namespace: 'ci', uid: 'u-1', ...more.metadata },
    spec: more.spec === undefined ? { pipelineRef: { name: 'shop' } } : more.spec,
    status: more.status === undefined ? {} : more.status,
  },
});
const results = (...pairs: readonly (readonly [string, unknown])[]) => ({
  results: pairs.map(([name, value]) => ({ name, value })),
});

describe('a run', () => {
  it.each([
    ['successful', ['succeeded']],
    ['failed', ['failed']],
    ['queued', []],
    ['started', []],
    ['running', []],
    ['unknown', []],
  ])('%s is %j', (kind, outcomes) => {
    const parsed = parseCall(tekton, run(), { headers: type(kind) });
    expect(parsed.kind === 'events' && parsed.events.map((event) => event.kind === 'build' && event.outcome)).toEqual(
      outcomes,
    );
  });

  it.each([
    [{}, 'ci/shop'],
    [{ metadata: { labels: { 'tekton.dev/pipeline': 'other' } } }, 'ci/other'],
    [{ spec: { pipelineRef: null } }, 'ci/shop-7x2kq'],
    [{ spec: null, metadata: { labels: null } }, 'ci/shop-7x2kq'],
  ])('%j is of %s', (more, pipeline) => {
    expect(parseCall(tekton, run(more), success)).toMatchObject({ events: [{ pipeline, build: 'shop-7x2kq' }] });
  });

  it.each([
    [{ metadata: { annotations: { 'pipelinesascode.tekton.dev/branch': 'refs/heads/主干' } } }, '主干', undefined],
    [{ metadata: { labels: { 'pipelinesascode.tekton.dev/sha': 'abc' } } }, undefined, 'abc'],
    [{ status: results(['CHAINS-GIT_COMMIT', 'def\n']) }, undefined, 'def'],
  ])('%j is of branch %s and revision %s', (more, branch, revision) => {
    expect(parseCall(tekton, run(more), success)).toMatchObject({ events: [{ branch, revision }] });
  });

  it('is known by its uid and type, whatever the id of the event', () => {
    const again = { headers: { ...success.headers, 'ce-id': '2' } };
    expect(parseCall(tekton, run(), again)).toMatchObject({ key: 'u-1 dev.tekton.event.pipelinerun.successful.v1' });
  });
});

const published = (status: object, settings = {}) => {
  const parsed = parseCall(tekton, run({ status }), { ...success, settings });
  const [event] = parsed.kind === 'events' ? parsed.events : [];
  return event?.kind === 'build' ? event.artifacts.map(({ name, artifact }) => [name, artifact.reference]) : parsed;
};

describe('results', () => {
  it.each([
    [
      'a pair',
      results(['IMAGE_URL', `${host}/shop:1.0\n`], ['IMAGE_DIGEST', `${a}\n`]),
      [[undefined, `${host}/shop@${a}`]],
    ],
    [
      'pairs with prefixes',
      results(
        ['web-IMAGE_URL', `${host}:5000/web`],
        ['web-IMAGE_DIGEST', a],
        ['api_IMAGE_URL', `${host}/api`],
        ['api_IMAGE_DIGEST', b],
      ),
      [
        ['web', `${host}:5000/web@${a}`],
        ['api', `${host}/api@${b}`],
      ],
    ],
    ['one listed', results(['IMAGES', `${host}/shop@${a}`]), [[undefined, `${host}/shop@${a}`]]],
    [
      'two listed',
      results(['IMAGES', `${host}/shop@${a},\n${host}/team/api@${b}\n`]),
      [
        ['shop', `${host}/shop@${a}`],
        ['api', `${host}/team/api@${b}`],
      ],
    ],
    [
      'the same listed and as a pair',
      results(['IMAGE_URL', `${host}/shop`], ['IMAGE_DIGEST', a], ['IMAGES', `${host}/shop@${a}`]),
      [[undefined, `${host}/shop@${a}`]],
    ],
    [
      'a pair of v1beta1',
      { pipelineResults: results(['IMAGE_URL', `${host}/x`], ['IMAGE_DIGEST', a]).results },
      [[undefined, `${host}/x@${a}`]],
    ],
    ['no digest', results(['IMAGE_URL', `${host}/shop:1.0`]), []],
    ['a short digest', results(['IMAGE_URL', `${host}/shop`], ['IMAGE_DIGEST', 'sha256:abc']), []],
    ['a tag only in the list', results(['IMAGES', `${host}/shop:1.0`]), []],
    ['no texts', results(['IMAGE_URL', [`${host}/shop`]], ['IMAGE_DIGEST', { a }]), []],
    ['a name that only ends alike', results(['MYIMAGE_URL', `${host}/shop`], ['IMAGE_DIGEST', a]), []],
  ])('%s', (_, status, expected) => {
    expect(published(status)).toEqual(expected);
  });

  it('win over the mapping, and fill it where they are no images', () => {
    const settings = { artifacts: [{ image: `${host}/mapped:\${version}` }] };
    const version = ['version', '1.0'] as const;
    expect(published(results(['IMAGES', `${host}/shop@${a}`], version), settings)).toEqual([
      [undefined, `${host}/shop@${a}`],
    ]);
    expect(published(results(version), settings)).toEqual([[undefined, `${host}/mapped:1.0`]]);
  });
});
