import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { approvalId } from './approval-id.ts';

const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');
const at = { execution: 'shop-1', stage: 'prod', gate: 0, attempt: 1 };

it('is the same for the same stage, gate and attempt, and says nothing', () => {
  expect(approvalId(at, sha256)).toBe(approvalId({ ...at }, sha256));
  expect(approvalId(at, sha256)).toMatch(/^apr_[0-9a-f]{32}$/);
});

it.each([{ execution: 'shop-2' }, { stage: 'pre' }, { gate: 1 }, { attempt: 2 }])('differs with %j', (other) => {
  expect(approvalId({ ...at, ...other }, sha256)).not.toBe(approvalId(at, sha256));
});
