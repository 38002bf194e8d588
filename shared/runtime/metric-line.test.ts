import { expect, it } from 'vitest';
import { metricLine } from './metric-line.ts';

it('a metric is one line of the embedded format, its value at the root', () => {
  const line = metricLine({
    namespace: 'Waybill/eu',
    name: 'Age',
    unit: 'Milliseconds',
    value: 12,
    at: 1_700_000_000_000,
  });
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(JSON.parse(line)).toEqual({
    _aws: {
      Timestamp: 1_700_000_000_000,
      CloudWatchMetrics: [
        { Namespace: 'Waybill/eu', Dimensions: [[]], Metrics: [{ Name: 'Age', Unit: 'Milliseconds' }] },
      ],
    },
    Age: 12,
  });
});
