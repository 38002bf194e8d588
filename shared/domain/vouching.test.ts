import { describe, expect, it } from 'vitest';
import { readPipelineFile } from '../contracts/pipeline-file.ts';
import type { Caller } from './caller.ts';
import type { PipelineDefinition, PipelineHead } from './pipeline.ts';
import { mayStart, mayTakeBuilds, vouchingOf } from './vouching.ts';

const admin: Caller = { subject: 'admin', groups: ['waybill-admins'] };
const ann: Caller = { subject: 'ann', groups: ['team-a'] };
const ben: Caller = { subject: 'ben', groups: ['team-b'] };

function definition(owners: readonly string[], readers?: readonly string[], upstream?: string): PipelineDefinition {
  const sources = upstream === undefined ? {} : { up: { type: 'pipeline', pipeline: upstream } };
  const file = { name: 'shop', owners, readers, sources, stages: { check: { gates: [] } } };
  const bytes = new TextEncoder().encode(JSON.stringify(file));
  const read = readPipelineFile(bytes, 'application/json', { stepKinds: [], embedded: true });
  if (read.kind !== 'ok') throw new Error(JSON.stringify(read));
  return read.definition;
}

function head(over: Partial<PipelineHead>): PipelineHead {
  return { name: 'shop', version: 'v', owners: [], updatedAt: 0, updatedBy: '', deleted: false, rev: 1, ...over };
}

describe('vouchingOf', () => {
  it.each([
    ['a member', ann, definition(['team-a'], ['sre']), undefined, ['team-a']],
    ['an admin', admin, definition(['team-a'], ['sre']), undefined, ['team-a', 'sre']],
    ['somebody else', ben, definition(['team-a', 'team-b']), undefined, ['team-b']],
    ['who was vouched for before', ben, definition(['team-a', 'team-b']), ['team-a'], ['team-a', 'team-b']],
    ['whom the file names no more', ben, definition(['team-b']), ['team-a', 'team-b'], ['team-b']],
  ])('is of %s', (_name, caller, file, before, vouched) => {
    const present = before && head({ owners: file.owners, vouched: before });
    expect(vouchingOf(file, caller, present).vouched).toEqual(vouched);
  });

  it('of an old head that says nothing is all it names', () => {
    const old = head({ owners: ['team-a', 'team-b'] });
    expect(vouchingOf(definition(['team-a', 'team-b', 'team-c']), ben, old).vouched).toEqual(['team-a', 'team-b']);
  });

  it('lets an admin grant upstreams, for as long as they stay sources', () => {
    const granted = vouchingOf(definition(['team-b'], undefined, 'pre'), admin, undefined);
    expect(granted.grantedUpstreams).toEqual(['pre']);
    const before = head({ owners: ['team-b'], ...granted });
    expect(vouchingOf(definition(['team-b'], undefined, 'pre'), ben, before).grantedUpstreams).toEqual(['pre']);
    expect(vouchingOf(definition(['team-b'], undefined, 'other'), ben, before).grantedUpstreams).toBeUndefined();
    expect(vouchingOf(definition(['team-b'], undefined, 'pre'), ben, undefined).grantedUpstreams).toBeUndefined();
  });
});

describe('mayTakeBuilds', () => {
  const secret = head({ name: 'pre', owners: ['team-a'], readers: ['team-a', 'sre'] });
  it.each([
    [
      'of what everybody reads',
      head({ owners: ['team-b'], vouched: ['team-b'] }),
      head({ name: 'pre', owners: ['team-a'] }),
      true,
    ],
    ['of its own', { ...secret, vouched: [] }, secret, true],
    ['of its team', head({ owners: ['team-a'], vouched: ['team-a'] }), secret, true],
    [
      'through a reader in common who put it',
      head({ owners: ['team-b'], readers: ['sre'], vouched: ['sre'] }),
      secret,
      true,
    ],
    [
      'through a reader it only names',
      head({ owners: ['team-b'], readers: ['sre'], vouched: ['team-b'] }),
      secret,
      false,
    ],
    ['through an owner it only names', head({ owners: ['team-b', 'team-a'], vouched: ['team-b'] }), secret, false],
    ['because everybody reads it', head({ owners: ['team-b'], vouched: ['team-b'] }), secret, false],
    ['by grant', head({ owners: ['team-b'], vouched: ['team-b'], grantedUpstreams: ['pre'] }), secret, true],
    [
      'by a grant without a reader in common',
      head({ owners: ['team-b'], readers: ['team-b'], grantedUpstreams: ['pre'] }),
      secret,
      false,
    ],
  ])('%s', (_name, one, upstream, expected) => {
    expect(mayTakeBuilds({ ...one, name: one === upstream ? 'pre' : one.name }, upstream)).toBe(expected);
  });
});

it.each([
  ['an owner in common', head({ owners: ['team-a'], vouched: ['team-a'] }), true],
  ['an owner it only names', head({ owners: ['team-a', 'team-b'], vouched: ['team-b'] }), false],
  ['none', head({ owners: ['team-b'] }), false],
  ['a parent that is gone', undefined, false],
])('mayStart: %s', (_name, parent, expected) => {
  expect(mayStart(parent, head({ name: 'child', owners: ['team-a'] }))).toBe(expected);
});
