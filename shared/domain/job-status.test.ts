import { expect, it } from 'vitest';
import type { NodeStatus } from './execution.ts';
import { withJobStatuses } from './job-status.ts';
import { freshNode } from './ledger.ts';
import type { Plan } from './plan.ts';

const step = { kind: 'webhook', with: {}, when: 'success', useInternalAddress: false } as const;
const steps = ['a', 'b'].map((id, index) => ({ ...step, id, ordinal: index + 1 }));
const job = { ordinal: 1, id: 'main', needs: [], when: 'success', steps } as const;
const plan: Plan = {
  concurrency: 'queue',
  stages: [
    {
      ordinal: 1,
      id: 's',
      needs: [],
      when: 'success',
      gates: [],
      expectedArtifacts: [],
      inputArtifacts: [],
      jobs: [job],
    },
  ],
};

it.each<[NodeStatus | undefined, NodeStatus | undefined, NodeStatus | undefined, NodeStatus | undefined]>([
  [undefined, undefined, undefined, undefined],
  ['waiting', undefined, undefined, 'waiting'],
  [undefined, 'running', undefined, 'running'],
  ['waiting', 'running', undefined, 'running'],
  [undefined, 'succeeded', undefined, 'running'],
  [undefined, 'succeeded', 'waiting', 'waiting'],
  ['failed', 'failed', 'skipped', 'failed'],
  ['succeeded', 'succeeded', 'succeeded', 'succeeded'],
])('a job that the ledger has as %s, its steps as %s and %s, is %s', (known, a, b, expected) => {
  const nodes = Object.entries({ 's/main': known, 's/main/a': a, 's/main/b': b }).flatMap(([name, status]) =>
    status === undefined ? [] : [{ ...freshNode('e', name, 1), status }],
  );
  const shown = withJobStatuses(plan, { id: 'e', attempt: 1 }, nodes);
  expect(shown.find((node) => node.name === 's/main')?.status).toBe(expected);
});
