import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endedNodeStatuses, type NodeStatus } from './execution.ts';
import { jobOf, jobStatus, withJobStatuses } from './job-status.ts';
import { freshNode, jobOutcome } from './ledger.ts';
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
  [undefined, 'succeeded', 'succeeded', 'succeeded'],
  ['waiting', 'succeeded', 'succeeded', 'succeeded'],
  [undefined, 'failed', 'succeeded', 'failed'],
  [undefined, 'failed', 'skipped', 'failed'],
  [undefined, 'failed', undefined, 'running'],
  [undefined, 'succeeded', 'cancelled', 'cancelled'],
  [undefined, 'skipped', 'skipped', 'skipped'],
  ['skipped', undefined, undefined, 'skipped'],
  ['failed', undefined, undefined, 'failed'],
  ['failed', 'succeeded', 'succeeded', 'failed'],
  ['cancelled', 'succeeded', undefined, 'cancelled'],
  ['failed', 'failed', 'skipped', 'failed'],
  ['succeeded', 'succeeded', 'succeeded', 'succeeded'],
])('a job that the ledger has as %s, its steps as %s and %s, is %s', (known, a, b, expected) => {
  const nodes = Object.entries({ 's/main': known, 's/main/a': a, 's/main/b': b }).flatMap(([name, status]) =>
    status === undefined ? [] : [{ ...freshNode('e', name, 1), status }],
  );
  const shown = withJobStatuses(plan, { id: 'e', attempt: 1 }, nodes);
  expect(shown.find((node) => node.name === 's/main')?.status).toBe(expected);
});

const ended = fc.constantFrom(...endedNodeStatuses);
/** Steps go one after the other: ended ones, at most one under way, then none. */
const progress = fc
  .record({
    done: fc.array(ended, { maxLength: 5 }),
    under: fc.constantFrom<NodeStatus[]>('running', 'waiting'),
    isUnder: fc.boolean(),
    rest: fc.nat({ max: 3 }),
  })
  .map(({ done, under, isUnder, rest }) => [
    ...done,
    ...(isUnder ? [under] : []),
    ...Array.from({ length: rest }, () => undefined),
  ])
  .filter((steps) => steps.length > 0);

it('a job without an entry is what an entry would say that is written once its last step has ended', () => {
  fc.assert(
    fc.property(progress, fc.constantFrom<NodeStatus[]>('notStarted', 'waiting'), (steps, before) => {
      const known = steps.map((status) => status ?? 'notStarted');
      const isOver = known.every((status) => endedNodeStatuses.includes(status));
      const written = isOver ? jobOutcome(known) : before;
      expect(jobStatus(before, steps)).toBe(jobStatus(written, steps));
    }),
  );
});

it('never ends before its last step, and what has ended stays so', () => {
  fc.assert(
    fc.property(progress, ended, (steps, end) => {
      const isOver = steps.every((status) => status !== undefined && endedNodeStatuses.includes(status));
      expect(endedNodeStatuses.includes(jobStatus('notStarted', steps))).toBe(isOver);
      expect(jobStatus(end, steps)).toBe(end);
    }),
  );
});

it('has the first fault of its steps', () => {
  const error = { code: 'stepFailed', message: 'no' };
  const nodes = new Map(
    [
      { ...freshNode('e', 's/main/a', 1), status: 'failed' as const, error },
      { ...freshNode('e', 's/main/b', 1), status: 'failed' as const, error: { code: 'stepTimeout', message: 'late' } },
    ].map((node) => [node.name, node]),
  );
  const [stage] = plan.stages;
  if (stage === undefined) throw new Error('no stage');
  expect(jobOf(nodes, { stage, job }, { id: 'e', attempt: 1 })).toMatchObject({ status: 'failed', error });
});
