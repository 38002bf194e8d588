import { describe, expect, it } from 'vitest';
import type { Artifact } from './artifact.ts';
import type { Build } from './build.ts';
import type { ArtifactReference } from './expression.ts';
import { stepScope } from './step-scope.ts';

function named(name: string): Artifact {
  return { type: 's3/object', name, reference: name, metadata: {}, uuid: name };
}

const build: Build = {
  pipeline: 'ci',
  build: '4',
  outcome: 'succeeded',
  at: 0,
  receiver: 'ci',
  trusted: true,
  artifacts: [
    { stage: 'build', job: 'main', step: 'build', name: 'app', artifact: named('from build') },
    { stage: 'test', job: 'main', step: 'build', name: 'app', artifact: named('from test') },
  ],
};

const scope = stepScope({
  stage: 'prod',
  bound: [{ id: 'image', artifact: named('bound'), from: 'received' }],
  builds: new Map([['upstream', build]]),
  published: (node) =>
    ({ 'pre/main/go': [{ name: 'app', artifact: named('from pre') }], 'prod/eu/go': [{ artifact: named('from eu') }] })[
      node
    ],
  variables: { region: 'eu' },
});

describe('artifacts', () => {
  it.each<[ArtifactReference, string]>([
    [{ scope: 'source', source: 'image' }, 'bound'],
    [{ scope: 'build', source: 'upstream', stage: 'build', job: 'main', step: 'build', name: 'app' }, 'from build'],
    [{ scope: 'build', source: 'upstream', stage: 'test', job: 'main', step: 'build', name: 'default' }, 'from test'],
    [{ scope: 'stage', stage: 'pre', job: 'main', step: 'go', name: 'app' }, 'from pre'],
    [{ scope: 'job', job: 'eu', step: 'go', name: 'default' }, 'from eu'],
  ])('%j', (reference, name) => {
    expect(scope.artifact(reference)).toMatchObject({ kind: 'found', artifact: { name } });
  });

  it.each<[ArtifactReference, readonly string[]]>([
    [{ scope: 'source', source: 'other' }, ['image']],
    [{ scope: 'build', source: 'none', stage: 'build', job: 'main', step: 'build', name: 'app' }, []],
    [{ scope: 'build', source: 'upstream', stage: 'build', job: 'main', step: 'build', name: 'App' }, ['app']],
    [{ scope: 'stage', stage: 'pre', job: 'main', step: 'go', name: 'other' }, ['app']],
    [{ scope: 'job', job: 'us', step: 'go', name: 'default' }, []],
  ])('%j is missing, with the names there are', (reference, published) => {
    expect(scope.artifact(reference)).toEqual({ kind: 'missing', published });
  });
});

it.each([
  ['region', 'eu'],
  ['other', undefined],
  ['constructor', undefined],
])('variable %s is %s', (name, value) => {
  expect(scope.variable(name)).toBe(value);
});

describe('what is bound in several Regions', () => {
  const image = (location: string): Artifact => ({
    ...named('base'),
    type: 'aws/image',
    reference: `ami-${location}`,
    location,
  });
  const bound = [
    { id: 'ami', artifact: image('eu-west-1'), elsewhere: [image('us-east-1')], from: 'received' as const },
  ];
  const at = (location?: string) =>
    stepScope({ stage: 'prod', bound, builds: new Map(), published: () => undefined, variables: {}, location });

  it.each([['eu-west-1'], ['us-east-1']])('is that of the step: %s', (location) => {
    expect(at(location).artifact({ scope: 'source', source: 'ami' })).toMatchObject({
      kind: 'found',
      artifact: { reference: `ami-${location}` },
    });
  });

  it.each([[undefined], ['ap-south-1']])('is missing where the step is elsewhere or says nothing: %s', (location) => {
    expect(at(location).artifact({ scope: 'source', source: 'ami' })).toEqual({
      kind: 'missing',
      published: ['ami in eu-west-1', 'ami in us-east-1'],
    });
  });
});
