import { expect, it } from 'vitest';
import { sampleExecution } from '../../test/contracts/store-samples.ts';
import type { StoredContent } from './content.ts';
import type { ExecutionStatus } from './execution.ts';
import { boundContent, dayMs, isContentExpired, retentionRule, whyKept } from './retention.ts';

const now = 100 * dayMs;
const nothing = { isDeployed: false, isLastBuild: false, isLastGood: false };

it.each<[string, ExecutionStatus, number, Partial<typeof nothing>, string | undefined]>([
  ['queued long ago', 'queued', 90, {}, 'open'],
  ['running long ago', 'running', 90, { isDeployed: true }, 'open'],
  ['deployed', 'succeeded', 90, { isDeployed: true }, 'deployed'],
  ['deployed, then failed', 'failed', 90, { isDeployed: true, isLastGood: true }, 'deployed'],
  ['what downstream binds to', 'succeeded', 90, { isLastBuild: true }, 'lastSuccessfulBuild'],
  ['among the last good', 'succeeded', 90, { isLastGood: true }, 'lastGood'],
  ['ended just within its days', 'failed', 29.9, {}, 'recent'],
  ['ended as long ago as its days', 'failed', 30, {}, undefined],
  ['succeeded long ago', 'succeeded', 31, {}, undefined],
  ['superseded long ago', 'superseded', 31, {}, undefined],
  ['cancelled long ago', 'cancelled', 31, {}, undefined],
])('%s', (_what, status, endedDaysAgo, facts, reason) => {
  const execution = sampleExecution({ status, createdAt: 0, endedAt: now - endedDaysAgo * dayMs });
  expect(whyKept(execution, { ...nothing, ...facts }, { days: 30, keep: 10, now })).toBe(reason);
});

it('one that never started counts from when it was made', () => {
  const execution = sampleExecution({ status: 'failed', createdAt: now - 31 * dayMs });
  expect(whyKept(execution, nothing, { days: 30, keep: 10, now })).toBeUndefined();
});

it.each([
  [undefined, { days: 30, keep: 10 }],
  [{}, { days: 30, keep: 10 }],
  [{ days: 5 }, { days: 5, keep: 10 }],
  [{ keep: 1 }, { days: 30, keep: 1 }],
])('retention %j is %j', (retention, rule) => {
  expect(retentionRule({ retention })).toEqual(rule);
});

const content = (change: Partial<StoredContent> = {}): StoredContent => ({
  ...{ application: 'shop', hash: 'a'.repeat(64), sha256: 'b'.repeat(64), size: 3, blob: 'x', generation: 1 },
  ...{ storedAt: 0, usedAt: now - 7 * dayMs, uuids: [], rev: 1, ...change },
});

it.each<[string, Partial<StoredContent>, readonly number[], boolean]>([
  ['a week after its last use', {}, [], true],
  ['within the week', { usedAt: now - 7 * dayMs + 1 }, [], false],
  ['asked to stay longer', { retentionDays: 8 }, [], false],
  ['asked to stay shorter', { retentionDays: 1, usedAt: now - dayMs }, [], true],
  ['asked to stay shorter, and longer by a fact', { retentionDays: 1 }, [30, 2], false],
  ['asked by a fact only', {}, [2], true],
])('content %s', (_what, change, others, expired) => {
  expect(isContentExpired(content(change), others, now)).toBe(expired);
});

it('content of a run is what its own application keeps, each once', () => {
  const own = `ref://shop/${'a'.repeat(64)}`;
  const artifact = (reference: string, metadata = {}) => ({
    type: 'remote/base64',
    name: 'c',
    reference,
    metadata,
    uuid: 'u',
  });
  const bound = [
    { id: 'a', from: 'received', artifact: artifact(own, { content: own }) },
    { id: 'b', from: 'prior', artifact: artifact('https://example.com', { content: own }) },
    { id: 'c', from: 'default', artifact: artifact(`ref://other/${'c'.repeat(64)}`) },
    { id: 'd', from: 'default', artifact: artifact('text') },
  ] as const;
  expect(boundContent('shop', bound)).toEqual([{ application: 'shop', hash: 'a'.repeat(64) }]);
});
