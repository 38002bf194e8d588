import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readWith } from './schema.ts';

const shape = z.strictObject({
  name: z.string(),
  stages: z.record(z.string(), z.strictObject({ needs: z.array(z.string()) })).optional(),
  secret: z.union([z.string(), z.array(z.string().min(2)).max(2)]).optional(),
});

describe('readWith', () => {
  it.each([
    [{ name: 1 }, ['name']],
    [{}, ['name']],
    [{ name: 'x', nope: 1, other: 2 }, ['nope', 'other']],
    [{ name: 'x', stages: { prod: { needs: ['a', 3] } } }, ['stages.prod.needs[1]']],
    [{ name: 'x', stages: { prod: { needs: [], deep: 1 } } }, ['stages.prod.deep']],
    [{ name: 'x', secret: ['ok', 'z'] }, ['secret[1]']],
    [{ name: 'x', stages: { 'a.b': { needs: 1 } } }, ['stages["a.b"].needs']],
    [7, ['']],
  ])('%j is refused at %j', (value, paths) => {
    const read = readWith(shape, value);
    expect(read.kind === 'invalid' && read.errors.map((fault) => fault.path)).toEqual(paths);
  });

  it('answers the value when it fits', () => {
    expect(readWith(shape, { name: 'x' })).toEqual({ kind: 'ok', value: { name: 'x' } });
  });

  it('bounds the faults it reports', () => {
    const read = readWith(shape, Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, 1])));
    expect(read.kind === 'invalid' && read.errors.length).toBe(100);
  });
});
