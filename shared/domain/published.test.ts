import { describe, expect, it } from 'vitest';
import type { Artifact } from './artifact.ts';
import { findPublished } from './published.ts';

function artifact(uuid: string): Artifact {
  return { type: 'http/file', name: uuid, reference: `https://f.io/${uuid}`, metadata: {}, uuid };
}

const a = { name: 'a', artifact: artifact('A') };
const b = { name: 'b', artifact: artifact('B') };
const unnamed = { artifact: artifact('U') };
const named = { name: 'default', artifact: artifact('D') };

describe('findPublished', () => {
  it.each([
    ['by its name', [a, b], 'b', 'B'],
    ['case counts', [a, b], 'B', undefined],
    ['the only one is the default', [a], 'default', 'A'],
    ['several named ones have no default', [a, b], 'default', undefined],
    ['the unnamed one is the default', [a, unnamed], 'default', 'U'],
    ['one called default too', [a, named], 'default', 'D'],
    ['two defaults are none', [unnamed, named], 'default', undefined],
    ['the only one, but another name', [a], 'b', undefined],
    ['nothing', [], 'default', undefined],
    ['two under one name are none', [a, { name: 'a', artifact: artifact('X') }], 'a', undefined],
    ['the same twice is one', [a, { ...a }], 'a', 'A'],
    ['the same twice is the only one', [a, { ...a, name: 'z' }], 'default', 'A'],
  ])('%s', (_, published, name, uuid) => {
    const found = findPublished(published, name);
    expect(found.kind === 'found' ? found.artifact.uuid : undefined).toBe(uuid);
  });

  it('lists what there is', () => {
    expect(findPublished([a, unnamed], 'x')).toEqual({ kind: 'missing', published: ['a', 'default'] });
  });
});

describe('artifacts that differ only in location', () => {
  const ami = (id: string, location: string) => ({
    name: 'base',
    artifact: { ...artifact(id), type: 'aws/image', name: 'base', version: id, reference: id, location },
  });
  const both = [ami('ami-1', 'eu-west-1'), ami('ami-2', 'us-east-1')];

  it.each([
    ['us-east-1', 'ami-2'],
    ['ap-south-1', undefined],
    [undefined, undefined],
  ])('a target in %s gets %s', (location, uuid) => {
    const found = findPublished(both, 'base', location);
    expect(found.kind === 'found' ? found.artifact.uuid : undefined).toBe(uuid);
    const fallback = findPublished(both, 'default', location);
    expect(fallback.kind === 'found' ? fallback.artifact.uuid : undefined).toBe(uuid);
  });
});
