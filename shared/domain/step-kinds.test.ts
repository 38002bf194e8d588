import { expect, it } from 'vitest';
import { findStepKind, stepKinds, stepKindsOf } from './step-kinds.ts';

it('keys every kind by its own name', () => {
  const entries = Object.entries(stepKinds);
  expect(entries.length).toBeGreaterThan(3);
  expect(entries.filter(([key, { kind }]) => key !== kind)).toEqual([]);
});

it.each([
  ['directory', ['embedded'], true, true],
  ['webhook', ['embedded', 'aws'], true, false],
  ['pipeline', ['embedded', 'aws'], false, false],
  ['tag', ['embedded', 'aws'], true, true],
  ['copy', ['embedded', 'aws'], true, true],
  ['ecs-service', ['embedded', 'aws'], true, true],
  ['lambda-function', ['embedded', 'aws'], true, true],
  ['kubernetes-image', ['embedded', 'aws'], true, true],
  ['kubernetes-apply', ['embedded', 'aws'], true, true],
  ['vm-deploy', ['embedded', 'aws'], true, true],
  ['codebuild', ['embedded', 'aws'], false, false],
])('%s: engines %j, deploys %s, observes %s', (kind, engines, deploys, observes) => {
  expect(findStepKind(kind)).toMatchObject({ engines, deploys, observes });
});

it.each(['constructor', '__proto__', 'toString', '', 'Directory'])('%j is no kind', (kind) => {
  expect(findStepKind(kind)).toBeUndefined();
});

it('knows what each engine can run', () => {
  const anywhere = [
    'webhook',
    'pipeline',
    'tag',
    'copy',
    'ecs-service',
    'lambda-function',
    'kubernetes-image',
    'kubernetes-apply',
    'vm-deploy',
    'codebuild',
  ];
  expect(stepKindsOf('embedded')).toEqual(['directory', ...anywhere]);
  expect(stepKindsOf('aws')).toEqual(anywhere);
});
