import { expect, it } from 'vitest';
import { type GateAnswer, strictest } from './gate-answer.ts';

const allow: GateAnswer = { kind: 'allow' };
const ask: GateAnswer = { kind: 'ask' };
const deny: GateAnswer = { kind: 'deny', code: 'rejected', message: 'm', fix: 'f' };
const wait = (until: number): GateAnswer => ({ kind: 'wait', until, message: `${until}` });

it.each([
  [[], allow],
  [[allow, allow], allow],
  [[allow, ask], ask],
  [[ask, wait(1), allow], wait(1)],
  [[wait(5), wait(3), wait(9)], wait(3)],
  [[wait(1), ask, deny, allow], deny],
])('%#: %1$o', (answers, expected) => {
  expect(strictest(answers)).toEqual(expected);
});
