import { expect, it } from 'vitest';
import { isKubernetesLabel, mayBeKubernetesLabel } from './kubernetes-name.ts';

it.each<[string, boolean, boolean]>([
  ['shop', true, true],
  ['shop-2', true, true],
  ['a'.repeat(63), true, true],
  ['a'.repeat(64), false, false],
  ['', false, false],
  ['Shop', false, false],
  ['-shop', false, false],
  ['shop-', false, false],
  ['s3://a/b', false, false],
  ['${NAMESPACE}', false, true],
  ['shop-${NAMESPACE}', false, true],
  ['$${NAMESPACE}', false, false],
  ['$[broken', false, false],
])('%j is a label: %s, may be one when it runs: %s', (text, is, may) => {
  expect([isKubernetesLabel(text), mayBeKubernetesLabel(text)]).toEqual([is, may]);
});
