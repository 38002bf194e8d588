import { describe, expect, it } from 'vitest';
import { admitBranch, admitTag } from './tag-filter.ts';

describe('admitTag', () => {
  it.each([
    [undefined, 'anything', 'admitted'],
    [{}, 'anything', 'admitted'],
    [{ include: ['shop-V*'] }, 'shop-V1', 'admitted'],
    [{ include: ['shop-V*'] }, 'web-V1', 'tagNotIncluded'],
    [{ include: ['x', 'semver:^1'] }, 'v1.5', 'admitted'],
    [{ include: ['shop-V*'], exclude: ['*-rc*'] }, 'shop-V1-rc1', 'tagExcluded'],
    [{ exclude: ['*-rc*'] }, 'shop-V1', 'admitted'],
    [{ exclude: ['regex:.*-rc[0-9]+'] }, 'shop-V1-rc1', 'tagExcluded'],
    [{ include: [] }, 'anything', 'tagNotIncluded'],
    [{ exclude: [] }, 'anything', 'admitted'],
    [{ include: ['regex:('] }, '(', 'tagNotIncluded'],
    [{ exclude: ['regex:('] }, 'x', 'tagExcluded'],
    [{ exclude: ['x'] }, 'a'.repeat(1025), 'tagNotIncluded'],
    [undefined, undefined, 'noTag'],
    [{ include: ['*'] }, undefined, 'noTag'],
    [undefined, '', 'noTag'],
  ])('row %#: %j on %j is %s', (filter, tag, expected) => {
    const admission = admitTag(filter, tag);
    expect(admission.admitted ? 'admitted' : admission.reason).toBe(expected);
  });

  it.each([
    [{ include: ['a', 'b*'] }, 'x', 'Tag "x" matches none of "a", "b*".'],
    [{ include: [] }, 'x', 'Tag "x" matches nothing: include is empty.'],
    [{ exclude: ['y', 'x*'] }, 'x', 'Tag "x" is excluded by "x*".'],
    [
      { include: Array.from({ length: 12 }, (_, index) => `p${index}`) },
      'x',
      'Tag "x" matches none of "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9" and 2 more.',
    ],
    [{}, undefined, 'The event names no tag; a source takes tagged versions only.'],
  ])('row %#: says why', (filter, tag, message) => {
    expect(admitTag(filter, tag)).toMatchObject({ admitted: false, message });
  });

  it('does not repeat a name of any length', () => {
    const admission = admitTag({ include: ['x'] }, 'a'.repeat(5000));
    expect(admission).toMatchObject({
      message: `Tag "${'a'.repeat(256)}…" matches nothing: it is over 1024 characters.`,
    });
  });
});

describe('admitBranch', () => {
  it.each([
    [undefined, undefined, 'admitted', undefined],
    [{ include: ['main'] }, 'main', 'admitted', undefined],
    [{ include: ['main', 'release/*'] }, 'release/1/x', 'admitted', undefined],
    [{ include: ['main'] }, 'dev', 'branchNotIncluded', 'Branch "dev" matches none of "main".'],
    [{ exclude: ['wip/*'] }, 'wip/x', 'branchNotIncluded', 'Branch "wip/x" is excluded by "wip/*".'],
    [{ exclude: ['wip/*'] }, undefined, 'branchUnknown', expect.stringContaining('nothing says which branch')],
    [{ include: ['*'] }, '', 'branchUnknown', expect.stringContaining('nothing says which branch')],
  ])('row %#: %j on %j is %s', (filter, branch, expected, message) => {
    const admission = admitBranch(filter, branch);
    expect(admission.admitted ? 'admitted' : admission.reason).toBe(expected);
    expect(admission.admitted ? undefined : admission.message).toEqual(message);
  });
});
