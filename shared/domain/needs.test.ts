import { describe, expect, it } from 'vitest';
import type { NodeStatus } from './execution.ts';
import { readiness } from './needs.ts';
import type { When } from './pipeline.ts';

const rows: readonly [When, readonly NodeStatus[], 'wait' | 'run' | 'skip'][] = [
  ['success', [], 'run'],
  ['success', ['succeeded'], 'run'],
  ['success', ['succeeded', 'succeeded'], 'run'],
  ['success', ['succeeded', 'running'], 'wait'],
  ['success', ['notStarted'], 'wait'],
  ['success', ['waiting'], 'wait'],
  ['success', ['failed'], 'skip'],
  ['success', ['skipped'], 'skip'],
  ['success', ['cancelled'], 'skip'],
  ['success', ['failed', 'running'], 'skip'],
  ['failure', [], 'skip'],
  ['failure', ['failed'], 'run'],
  ['failure', ['failed', 'running'], 'wait'],
  ['failure', ['failed', 'succeeded', 'skipped'], 'run'],
  ['failure', ['skipped'], 'skip'],
  ['failure', ['cancelled'], 'skip'],
  ['failure', ['succeeded'], 'skip'],
  ['always', [], 'run'],
  ['always', ['failed'], 'run'],
  ['always', ['skipped', 'cancelled'], 'run'],
  ['always', ['succeeded', 'waiting'], 'wait'],
];

describe('readiness', () => {
  it.each(rows)('%s of %j: %s', (when, needs, expected) => {
    expect(readiness(when, needs)).toBe(expected);
  });
});
