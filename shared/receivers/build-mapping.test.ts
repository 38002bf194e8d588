import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publishedImage } from '../../test/fixtures/published-image.ts';
import { artifactDigest } from '../domain/artifact-identity.ts';
import { imageTags } from '../domain/image-push.ts';
import type { JsonObject } from '../domain/json.ts';
import { buildSettings, imageOfText, mapBuild, readBuildSettings } from './build-mapping.ts';
import { reportedVariables } from './build-report.ts';

const host = 'registry.example.com';
const digest = `sha256:${'a'.repeat(64)}`;
const variables = (values: Readonly<Record<string, string>>) => new Map(Object.entries(values));
const map = (image: string, values: Readonly<Record<string, string>> = {}, pipeline = 'shop') =>
  mapBuild(rulesOf({ artifacts: [{ image }] }), { pipeline, variables: variables(values) });
const rulesOf = (settings: JsonObject) => readBuildSettings(settings).artifacts;

describe('a mapped image', () => {
  it.each([
    [`${host}/shop:\${TAG}`, { TAG: '1.0' }, `${host}/shop:1.0`],
    [`${host}/shop:v\${MAJOR}.\${MINOR}-x`, { MAJOR: '1', MINOR: '0' }, `${host}/shop:v1.0-x`],
    [`${host}/shop@\${DIGEST}`, { DIGEST: digest }, `${host}/shop@${digest}`],
    ['${IMAGE}', { IMAGE: `${host}:5000/a/b:c` }, `${host}:5000/a/b:c`],
    [`${host}/\${GITHUB_REPOSITORY}:1`, { GITHUB_REPOSITORY: 'Acme/Shop' }, `${host}/acme/shop:1`],
    [`${host}/shop:\${TAG}`, { TAG: 'V1.0-RC' }, `${host}/shop:V1.0-RC`],
    [`${host}/shop:latest`, {}, `${host}/shop:latest`],
    [`${host}/shop:\${Build.BuildId}`, { 'Build.BuildId': '7' }, `${host}/shop:7`],
    [`${host}/shop:\${constructor}`, {}, undefined],
  ])('%s with %j is %s', (image, values, expected) => {
    const given = { artifacts: [{ image }] };
    const mapped = map(image, values);
    expect(buildSettings.safeParse(given).success).toBe(true);
    if (expected === undefined) expect(mapped).toMatchObject({ kind: 'unmapped' });
    else expect(mapped).toEqual({ kind: 'ok', artifacts: [publishedImage(expected)] });
  });

  it.each([
    [
      'an absent variable',
      `${host}/shop:\${TAG}`,
      { OTHER: 'secret-value' },
      'TAG',
      /not report \$\{TAG\}; it reported OTHER/,
    ],
    ['an empty one', `${host}/shop:\${TAG}`, { TAG: '' }, 'TAG', /it reported none/],
    ['the first of two', `${host}/\${A}:\${B}`, {}, 'A', /\$\{A\}/],
    ['a text that is no tag', `${host}/shop:\${TAG}`, { TAG: 'feature/secret-value' }, 'TAG', /with TAG as reported/],
    ['a digest that is short', `${host}/shop@\${D}`, { D: 'sha256:abc' }, 'D', /with D as reported/],
    ['no host', '${IMAGE}', { IMAGE: 'shop:1.0' }, 'IMAGE', /host/],
    ['neither tag nor digest', '${IMAGE}', { IMAGE: `${host}/shop` }, 'IMAGE', /tag or digest/],
    ['a blank at the end', `${host}/shop:\${TAG}`, { TAG: '1.0 ' }, 'TAG', /no image reference/],
  ])('%s is unmapped, by name and without the value', (_, image, values, variable, message) => {
    const mapped = map(image, values);
    expect(mapped).toMatchObject({ kind: 'unmapped', variable, message: expect.stringMatching(message) });
    expect(JSON.stringify(mapped)).not.toContain('secret-value');
  });

  it('stands where its rule says, for the pipelines that it names', () => {
    const rules = rulesOf({
      artifacts: [
        { image: `${host}/web:1` },
        { image: `${host}/api:1`, stage: 'make', job: 'eu', step: 'push', name: 'api' },
        { image: `${host}/docs:1`, name: 'docs', pipeline: 'acme/docs:*' },
        { image: `${host}/lib:1`, name: 'lib', pipeline: 'acme/sho?:*' },
      ],
    });
    const places = (pipeline: string) => {
      const mapped = mapBuild(rules, { pipeline, variables: new Map() });
      return mapped.kind === 'ok' ? mapped.artifacts.map((one) => [one.stage, one.job, one.step, one.name]) : [];
    };
    const always = [
      ['build', 'main', 'build', undefined],
      ['make', 'eu', 'push', 'api'],
    ];
    expect(places('acme/docs:x.yml')).toEqual([...always, ['build', 'main', 'build', 'docs']]);
    expect(places('acme/shop:x.yml')).toEqual([...always, ['build', 'main', 'build', 'lib']]);
    expect(places('other')).toEqual(always);
  });

  it('of two rules for one place is the first that means the pipeline', () => {
    const rules = rulesOf({
      artifacts: [
        { image: `${host}/api:\${TAG}`, pipeline: 'acme/api' },
        { image: `${host}/api-next:1`, pipeline: 'acme/*' },
        { image: `${host}/rest:1` },
      ],
    });
    const imageOf = (pipeline: string) => mapBuild(rules, { pipeline, variables: variables({ TAG: '2' }) });
    expect(imageOf('acme/api')).toEqual({ kind: 'ok', artifacts: [publishedImage(`${host}/api:2`)] });
    expect(imageOf('acme/web')).toEqual({ kind: 'ok', artifacts: [publishedImage(`${host}/api-next:1`)] });
    expect(imageOf('other')).toEqual({ kind: 'ok', artifacts: [publishedImage(`${host}/rest:1`)] });
  });

  it('has a tag or a digest whatever is reported, or is unmapped', () => {
    const value = fc.oneof(fc.string(), fc.constantFrom('', '1.0', digest, `${host}/x:1`, ':', '@', 'a/b', '..'));
    const template = fc.constantFrom(
      `${host}/shop:\${A}`,
      `${host}/\${A}`,
      '${A}',
      '${A}:${B}',
      '${A}@${B}',
      `${host}/\${A}\${B}`,
    );
    fc.assert(
      fc.property(template, value, value, (image, A, B) => {
        const mapped = map(image, { A, B });
        if (mapped.kind === 'unmapped') expect(['A', 'B']).toContain(mapped.variable);
        for (const { artifact } of mapped.kind === 'ok' ? mapped.artifacts : []) {
          expect(artifactDigest(artifact) ?? imageTags(artifact)[0]).toEqual(expect.stringMatching(/./));
        }
      }),
    );
  });
});

describe('settings', () => {
  it('are stored with their defaults, and without what is absent', () => {
    expect(buildSettings.parse({ artifacts: [{ image: `${host}/shop:1` }] })).toStrictEqual({
      artifacts: [{ stage: 'build', job: 'main', step: 'build', image: `${host}/shop:1` }],
    });
    expect(buildSettings.parse({ branch: '${BRANCH}' })).toStrictEqual({ artifacts: [], branch: '${BRANCH}' });
  });

  it.each<[string, JsonObject, string, RegExp]>([
    ['an image without a host', { artifacts: [{ image: 'shop:${TAG}' }] }, 'artifacts.0.image', /host/],
    ['one without a tag', { artifacts: [{ image: `${host}/shop` }] }, 'artifacts.0.image', /tag/],
    ['one that is open', { artifacts: [{ image: `${host}/shop:\${TAG` }] }, 'artifacts.0.image', /}/],
    ['a reference', { artifacts: [{ image: '$[sources.image]' }] }, 'artifacts.0.image', /variables/],
    [
      'a stage that no reference can name',
      { artifacts: [{ image: `${host}/a:1`, stage: 'a.b' }] },
      'artifacts.0.stage',
      /letter/,
    ],
    ['a name likewise', { artifacts: [{ image: `${host}/a:1`, name: 'a b' }] }, 'artifacts.0.name', /letters/],
    ['a pattern', { artifacts: [{ image: `${host}/a:1`, pipeline: 'regex:(' }] }, 'artifacts.0.pipeline', /./],
    [
      'a place taken twice',
      { artifacts: [{ image: `${host}/a:1` }, { image: `${host}/b:1` }] },
      'artifacts.1',
      /another/,
    ],
    ['an unknown key', { artifacts: [{ image: `${host}/a:1`, tag: 'x' }] }, 'artifacts.0', /tag/],
    ['a branch of references', { branch: '$[sources.x]' }, 'branch', /variables/],
    [
      'too many',
      { artifacts: Array.from({ length: 101 }, (_, i) => ({ image: `${host}/a:1`, name: `n${i}` })) },
      'artifacts',
      /100/,
    ],
  ])('refuse %s', (_, settings, path, message) => {
    const read = buildSettings.safeParse(settings);
    const faults = read.success ? [] : read.error.issues.map((issue) => [issue.path.join('.'), issue.message]);
    expect(faults).toEqual(expect.arrayContaining([[path, expect.stringMatching(message)]]));
  });

  it('that nobody can read are none', () => {
    expect(readBuildSettings({ artifacts: 'x' })).toEqual({ artifacts: [] });
  });
});

describe('variables', () => {
  it('are the sender’s facts over what people typed; what a template cannot name is left out', () => {
    const typed = [
      ['GITHUB_SHA', 'typed'],
      ['VERSION', '1.0'],
      ['COUNT', 3],
      ['DRY', false],
      ['备注', 'x'],
      ['LIST', ['a']],
      ['NULL', null],
      ['LONG', 'x'.repeat(513)],
      ['a b', 'x'],
    ] as const;
    const found = reportedVariables({ GITHUB_SHA: 'fact', BRANCH: undefined, EMPTY: '' }, typed);
    expect(Object.fromEntries(found)).toEqual({ GITHUB_SHA: 'fact', VERSION: '1.0', COUNT: '3', DRY: 'false' });
  });
});

describe('imageOfText', () => {
  it.each(['', ':', '@', '/', 'a', `${host}/`, `${host}/a:`, `${host}/a:1:2`, `${host}//a:1`, `https://${host}/a:1`])(
    '%j is none',
    (text) => {
      expect(imageOfText(text)).toBeUndefined();
    },
  );
});
