import { expect, it } from 'vitest';
import type { Gate, StepDefinition } from './pipeline.ts';
import { historyEvents } from './plan-size.ts';

const day = 86_400_000;

function step(kind: string, inputs: StepDefinition['with'] = {}): StepDefinition {
  return { id: 's', step: kind, with: inputs, when: 'success', useInternalAddress: false };
}

function approval(timeout: number): Gate {
  return { kind: 'approval', groups: ['qa'], count: 1, timeout, forbidSelf: false };
}

function size(gates: readonly Gate[], steps: readonly StepDefinition[]): number {
  const jobs = [{ id: 'main', needs: [], when: 'success' as const, steps }];
  const none = { expectedArtifacts: [], inputArtifacts: [] };
  const stages = [{ id: 'prod', needs: [], when: 'success' as const, gates, ...none, jobs }];
  const shop = { name: 'shop', concurrency: 'queue' as const, owners: [], parameters: {}, sources: {} };
  return historyEvents({ ...shop, expectedArtifacts: [], triggers: [], stages });
}

it.each([
  ['nothing', [], [], 0],
  ['a step', [], [step('tag')], 17],
  ['two steps', [], [step('tag'), step('directory')], 34],
  ['an approval of a day', [approval(day)], [step('tag')], 17],
  ['an approval of more', [approval(day + 1)], [step('tag')], 290],
  ['two such approvals in one stage', [approval(2 * day), approval(2 * day)], [], 273],
  ['a wait of a day', [], [step('webhook', { wait: { timeout: '24h' } })], 287],
  ['a wait of two', [], [step('webhook', { wait: { timeout: '2d' } })], 560],
  ['a wait without end', [], [step('pipeline', { wait: true })], 290],
  ['no wait', [], [step('pipeline', { wait: false })], 17],
])('%s', (_name, gates, steps, expected) => {
  expect(size(gates, steps)).toBe(expected);
});
