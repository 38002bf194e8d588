import { describe, expect, it } from 'vitest';
import { canChange, canRead, shareReader } from './permission.ts';

const caller = (...groups: string[]) => ({ subject: 'ann', groups });
const shop = { owners: ['shop'], readers: ['sre'] };
const open = { owners: ['shop'] };

describe('what a caller may do', () => {
  it.each([
    ['an owner', caller('shop'), true, true],
    ['a reader', caller('sre'), false, true],
    ['an admin', caller('waybill-admins'), true, true],
    ['an operator', caller('waybill-operators'), false, false],
    ['a stranger', caller('x'), false, false],
    ['nobody', caller(), false, false],
  ])('%s', (_who, who, change, read) => {
    expect([canChange(who, shop), canRead(who, shop)]).toEqual([change, read]);
  });

  it.each([
    [open, true],
    [{ owners: ['shop'], readers: [] }, false],
  ])('a stranger reads %j: %s', (head, read) => {
    expect(canRead(caller('x'), head)).toBe(read);
  });
});

it.each([
  [shop, open, true],
  [shop, { owners: ['a'], readers: ['b'] }, false],
  [shop, { owners: ['a'], readers: ['sre'] }, true],
  [shop, { owners: ['sre'], readers: [] }, true],
  [shop, { owners: ['shop'], readers: [] }, true],
  [{ owners: ['a'], readers: [] }, { owners: ['b'], readers: [] }, false],
])('%j and %j share a reader: %s', (one, other, expected) => {
  expect(shareReader(one, other)).toBe(expected);
  expect(shareReader(other, one)).toBe(expected);
});
