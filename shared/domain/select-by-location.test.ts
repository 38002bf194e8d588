import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Artifact } from './artifact.ts';
import type { JsonObject } from './json.ts';
import { areTwins, nearestOf, selectByLocation, targetLocation } from './select-by-location.ts';

type Brief = readonly [name: string, location?: string, version?: string, reference?: string, type?: string];

function artifact([name, location, version, reference = name, type = 'aws/image']: Brief): Artifact {
  const said = { ...(version === undefined ? {} : { version }), ...(location === undefined ? {} : { location }) };
  return { type, name, reference, metadata: {}, uuid: `${name}-${version}`, ...said };
}

const frankfurt: Brief = ['base', 'eu-central-1', 'ami-1', 'ami-1'];
const virginia: Brief = ['base', 'us-east-1', 'ami-2', 'ami-2'];
const everywhere: Brief = ['base', undefined, 'ami-3', 'ami-3'];
const deb: readonly Brief[] = [
  ['shop', 'eu', '1.0', 'shop.deb', 'deb'],
  ['shop', 'us', '1.0', 'shop.deb', 'deb'],
];

it.each<[string, readonly Brief[], string | undefined, readonly Brief[], readonly string[]]>([
  ['none of none', [], 'us-east-1', [], []],
  ['its own Region', [frankfurt, virginia], 'us-east-1', [virginia], []],
  ['whatever the order', [virginia, frankfurt], 'eu-central-1', [frankfurt], []],
  ['all where the target has no Region', [frankfurt, virginia], undefined, [frankfurt, virginia], []],
  ['all where it is empty', [frankfurt, virginia], '', [frankfurt, virginia], []],
  ['an only one, wherever it is', [frankfurt], 'us-east-1', [frankfurt], []],
  ['the one that is everywhere', [frankfurt, everywhere], 'us-east-1', [everywhere], []],
  ['the nearer one before it', [everywhere, virginia], 'us-east-1', [virginia], []],
  ['never another Region', [frankfurt, virginia], 'ap-south-1', [], ['base: eu-central-1, us-east-1']],
  ['two in one Region, still two', [virginia, virginia], 'us-east-1', [virginia, virginia], []],
  ['two in one other Region, untouched', [frankfurt, frankfurt], 'us-east-1', [frankfurt, frankfurt], []],
  [
    'each group for itself',
    [frankfurt, ['web', 'eu-central-1'], virginia],
    'us-east-1',
    [['web', 'eu-central-1'], virginia],
    [],
  ],
  ['packages too', deb, 'us', deb.slice(1), []],
  [
    'another version is no twin',
    [frankfurt, ['base', 'us-east-1', '2.0', 'ami-2']],
    'us-east-1',
    [frankfurt, ['base', 'us-east-1', '2.0', 'ami-2']],
    [],
  ],
  [
    'a file elsewhere is no twin of another file',
    [
      ['a', 'eu', '1', 's3://eu/a', 's3/object'],
      ['a', 'us', '1', 's3://us/a', 's3/object'],
    ],
    'us',
    [
      ['a', 'eu', '1', 's3://eu/a', 's3/object'],
      ['a', 'us', '1', 's3://us/a', 's3/object'],
    ],
    [],
  ],
])('takes %s', (_, given, location, expected, elsewhere) => {
  const chosen = selectByLocation(given.map(artifact), location);
  expect(chosen.artifacts).toEqual(expected.map(artifact));
  expect(chosen.elsewhere.map(({ name, locations }) => `${name}: ${locations.join(', ')}`)).toEqual(elsewhere);
});

it('invents nothing, keeps the order, and chooses once', () => {
  const word = fc.constantFrom('', 'a', 'b', 'c');
  const artifacts = fc.array(
    fc.tuple(word, fc.option(word, { nil: undefined }), word, word, fc.constantFrom('aws/image', 'deb')).map(artifact),
  );
  fc.assert(
    fc.property(artifacts, word, (given, location) => {
      const chosen = selectByLocation(given, location).artifacts;
      expect(given.filter((one) => chosen.includes(one))).toEqual(chosen);
      expect(selectByLocation(chosen, location).artifacts).toEqual(chosen);
    }),
  );
});

it.each<[JsonObject, string | undefined]>([
  [{ cluster: 'arn:aws:ecs:eu-west-1:123456789012:cluster/web', service: 'shop' }, 'eu-west-1'],
  [{ function: 'arn:aws-cn:lambda:cn-north-1:123456789012:function:f' }, 'cn-north-1'],
  [{ cluster: 'arn:aws:ecs:eu-west-1:1:cluster/a', role: 'arn:aws:iam::1:role/deploy' }, 'eu-west-1'],
  [{ a: 'arn:aws:ecs:eu-west-1:1:cluster/a', b: 'arn:aws:ecs:us-east-1:1:cluster/a' }, undefined],
  [{ cluster: 'web', region: 'us-east-1' }, 'us-east-1'],
  [{ cluster: 'web', image: '$[sources.image]', list: ['arn:aws:ecs:eu-west-1:1:x'] }, undefined],
  [{}, undefined],
])('a step with %j deploys to %s', (inputs, expected) => {
  expect(targetLocation(inputs)).toBe(expected);
});

it.each<[string, readonly Brief[], boolean]>([
  ['images of two Regions', [frankfurt, virginia], true],
  ['one that is everywhere, and one that is not', [everywhere, virginia], true],
  ['a file in two repositories', deb, true],
  ['the same place twice', [frankfurt, ['base', 'eu-central-1', 'ami-9', 'ami-9']], false],
  ['two names', [frankfurt, ['other', 'us-east-1', 'ami-2', 'ami-2']], false],
  [
    'two versions of a file',
    [
      ['a', 'eu', '1', 'a', 'deb'],
      ['a', 'us', '2', 'a', 'deb'],
    ],
    false,
  ],
])('%s are one thing in several places: %s', (_, briefs, twins) => {
  expect(areTwins(briefs.map(artifact))).toBe(twins);
});

it.each<[string, readonly Brief[], string | undefined, Partial<Artifact> | undefined]>([
  ['what is bound once, anywhere', [frankfurt], undefined, { reference: 'ami-1' }],
  ["the target's own Region", [frankfurt, virginia], 'us-east-1', { reference: 'ami-2', location: 'us-east-1' }],
  ['no target to go by', [frankfurt, virginia], undefined, undefined],
  ['a Region where it is not', [frankfurt, virginia], 'ap-south-1', undefined],
  ['the place of a file', deb, 'us', { reference: 'shop.deb', location: 'us' }],
])('nearest: %s', (_, briefs, location, expected) => {
  const [first = artifact(frankfurt), ...elsewhere] = briefs.map(artifact);
  const fetched = { ...first, metadata: { sha256: 'seen' } };
  const nearest = nearestOf({ artifact: fetched, elsewhere }, location);
  if (expected === undefined) expect(nearest).toBeUndefined();
  else expect(nearest).toMatchObject(expected);
  if (nearest?.type === 'deb') expect(nearest.metadata).toEqual({ sha256: 'seen' });
});
