import { expect, it } from 'vitest';
import { findStepKind, plannedStepKinds, stepKinds, stepKindsOf } from './step-kinds.ts';

it('keys every kind by its own name', () => {
  const entries = Object.entries(stepKinds);
  expect(entries.length).toBeGreaterThan(3);
  expect(entries.filter(([key, { kind }]) => key !== kind)).toEqual([]);
});

it('plans no kind that is there already', () => {
  expect(plannedStepKinds.filter((kind) => kind in stepKinds)).toEqual([]);
});

it.each([
  ['directory', ['embedded'], true, true],
  ['webhook', ['embedded', 'aws'], true, false],
  ['pipeline', ['embedded', 'aws'], false, false],
  ['tag', ['embedded', 'aws'], true, true],
  ['copy', ['embedded', 'aws'], true, true],
  ['ecs-service', ['aws'], true, true],
  ['lambda-function', ['aws'], true, true],
  ['kubernetes-apply', ['aws'], true, true],
  ['vm-deploy', ['aws'], true, true],
])('%s: engines %j, deploys %s, observes %s', (kind, engines, deploys, observes) => {
  expect(findStepKind(kind)).toMatchObject({ engines, deploys, observes });
});

it.each(['constructor', '__proto__', 'toString', '', 'Directory'])('%j is no kind', (kind) => {
  expect(findStepKind(kind)).toBeUndefined();
});

it('knows what each engine can run', () => {
  expect(stepKindsOf('embedded')).toEqual(['directory', 'webhook', 'pipeline', 'tag', 'copy']);
  expect(stepKindsOf('aws')).toEqual([
    'webhook',
    'pipeline',
    'tag',
    'copy',
    'ecs-service',
    'lambda-function',
    'kubernetes-apply',
    'vm-deploy',
  ]);
});
