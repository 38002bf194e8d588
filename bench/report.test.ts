import { describe, expect, it } from 'vitest';
import { type Figure, isMet, renderSection, rounded, type Target } from './report.ts';

const figure = (value: number, target?: Target): Figure => ({ name: 'x', value, unit: 'ms', target });

describe('a target', () => {
  it.each<[string, Figure, boolean | undefined]>([
    ['none', figure(1), undefined],
    ['reached from below', figure(100, { atMost: 100 }), true],
    ['passed', figure(101, { atMost: 100 }), false],
    ['reached from above', figure(0.5, { atLeast: 0.5 }), true],
    ['not reached', figure(0.49, { atLeast: 0.5 }), false],
    ['never met by what was not measured', figure(Number.NaN, { atMost: 100 }), false],
  ])('%s', (_, given, met) => {
    expect(isMet(given)).toBe(met);
  });
});

it.each([
  [0.123, '0.12'],
  [12.34, '12.3'],
  [999.6, '1000'],
  [-4.567, '-4.57'],
  [Number.NaN, '-'],
])('%d is written as %s', (value, text) => {
  expect(rounded(value)).toBe(text);
});

it('says per figure whether its target is met or missed', () => {
  const figures = [
    { ...figure(50, { atMost: 100 }), name: 'good' },
    { ...figure(150, { atMost: 100 }), name: 'bad' },
    { ...figure(1), name: 'free' },
  ];
  const lines = renderSection({ title: 'T', how: 'h', figures }).split('\n');
  const verdictOf = (name: string) => /(met|MISSED)?$/.exec(lines.find((one) => one.includes(name)) ?? '')?.[0];
  expect(['good', 'bad', 'free'].map(verdictOf)).toEqual(['met', 'MISSED', '']);
});
