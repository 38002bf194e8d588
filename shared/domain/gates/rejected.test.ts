import { describe, expect, it } from 'vitest';
import { by, byAdmin, rejected, scanned } from '../../../test/fixtures/fact-samples.ts';
import { answerRejected } from './rejected.ts';

describe('rejections', () => {
  it.each([
    ['none', [scanned({})], [], 'allow'],
    ['by an owner', [rejected('cve', { postedBy: by('shop') })], [], 'deny'],
    ['by an admin', [rejected('cve', { postedBy: byAdmin })], [], 'deny'],
    ['by a stranger', [rejected('cve', { postedBy: by('x') })], [], 'allow'],
    ['of a child', [], [[], [rejected('cve', { postedBy: by('shop') })]], 'deny'],
  ])('%s', (_name, own, children, kind) => {
    expect(answerRejected({ subject: 's', facts: { own, children }, owners: ['shop'] }).kind).toBe(kind);
  });

  it('gives the newest reason', () => {
    const own = [rejected('old', { at: 1 }), rejected('new', { at: 2 })];
    expect(answerRejected({ subject: 's', facts: { own, children: [] }, owners: [] })).toMatchObject({
      code: 'rejected',
      message: 's was rejected: new',
    });
  });
});
