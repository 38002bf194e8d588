import { describe, expect, it } from 'vitest';
import { by, rejected } from '../../../test/fixtures/fact-samples.ts';
import { type Digest, parseDigest } from '../digest.ts';
import type { VerifiedDeployment } from '../environment.ts';
import { answerVerified, findRebuilt, type VerifiedInput } from './verified.ts';

const gate = { kind: 'verified', environment: 'pre', maxAge: 1_000 } as const;
const mine = digest('1');
const other = digest('2');

function digest(fill: string): Digest {
  const parsed = parseDigest(`sha256:${fill.repeat(64)}`);
  if (!parsed) throw new Error('no digest');
  return parsed;
}

function seen(over: Partial<VerifiedDeployment> = {}): VerifiedDeployment {
  return {
    environment: 'pre',
    pipeline: 'shop',
    owners: ['shop'],
    repository: 'r/shop',
    digest: mine,
    revision: 'abc',
    executionId: 'e1',
    node: 'pre/main/deploy',
    at: 9_500,
    ...over,
  };
}

function input(over: Partial<VerifiedInput> = {}): VerifiedInput {
  return {
    subject: 'r/shop@sha256:1',
    digest: mine,
    byDigest: [],
    byRevision: [],
    facts: { own: [], children: [] },
    now: 10_000,
    pipeline: 'shop',
    owners: ['shop'],
    ...over,
  };
}

const allow = { kind: 'allow' };
const notVerified = { kind: 'deny', code: 'notVerified' };
const facts = (...own: VerifiedInput['facts']['own']) => ({ own, children: [] });

describe('the verified gate', () => {
  it.each([
    ['seen', input({ byDigest: [seen()] }), allow],
    ['never seen', input(), notVerified],
    [
      'by a neighbour that shares an owner',
      input({ byDigest: [seen({ pipeline: 'pre', owners: ['x', 'shop'] })] }),
      allow,
    ],
    ['by a stranger', input({ byDigest: [seen({ pipeline: 'pre', owners: ['x'] })] }), notVerified],
    ['by this pipeline under former owners', input({ byDigest: [seen({ owners: ['x'] })] }), allow],
    ['as old as may be', input({ byDigest: [seen({ at: 9_000 })] }), allow],
    ['too old', input({ byDigest: [seen({ at: 8_999 })] }), notVerified],
    ['too old once, fresh again', input({ byDigest: [seen({ at: 1 }), seen()] }), allow],
    [
      'rejected since',
      input({ byDigest: [seen()], facts: facts(rejected('cve', { at: 9_501 })) }),
      { code: 'rejected' },
    ],
    ['rejected before', input({ byDigest: [seen()], facts: facts(rejected('cve', { at: 9_499 })) }), allow],
    [
      'rejected by a stranger',
      input({ byDigest: [seen()], facts: facts(rejected('spite', { at: 9_600, postedBy: by('x') })) }),
      allow,
    ],
    [
      'a child rejected since',
      input({ byDigest: [seen()], facts: { own: [], children: [[rejected('cve', { at: 9_600 })]] } }),
      { code: 'rejected' },
    ],
    ['rebuilt', input({ byRevision: [seen({ digest: other })] }), { kind: 'deny', code: 'rebuilt' }],
    [
      'rebuilt by a stranger',
      input({ byRevision: [seen({ digest: other, pipeline: 'y', owners: ['x'] })] }),
      notVerified,
    ],
    [
      'seen long ago, and another digest of the revision',
      input({ byDigest: [seen({ at: 1 })], byRevision: [seen({ digest: other })] }),
      notVerified,
    ],
    ['the same digest by revision only', input({ byRevision: [seen()] }), notVerified],
  ])('%s', (_name, asked, answer) => {
    expect(answerVerified(gate, asked)).toMatchObject(answer);
  });

  it('has no age without maxAge', () => {
    const forever = { kind: 'verified', environment: 'pre' } as const;
    expect(answerVerified(forever, input({ byDigest: [seen({ at: 0 })], now: 1e15 }))).toEqual(allow);
  });

  it('names the digest that was seen instead', () => {
    const asked = input({ byRevision: [seen({ digest: other })] });
    expect(answerVerified(gate, asked)).toMatchObject({ message: expect.stringContaining(other) });
    expect(findRebuilt(asked)?.digest).toBe(other);
    expect(findRebuilt({ ...asked, byDigest: [seen()] })).toBeUndefined();
  });
});
