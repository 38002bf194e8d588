import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ServiceMetric, serviceMetrics } from '../domain/service-metrics.ts';
import { createPowertools } from './powertools.ts';

const lines: string[] = [];

beforeEach(() => {
  lines.length = 0;
  vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', 'on-demand');
  vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1');
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const context = (awsRequestId: string) => ({
  ...{ awsRequestId, functionName: 'waybill-api', functionVersion: '1', memoryLimitInMB: '512' },
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:waybill-api',
});
const read = () => lines.map((line) => JSON.parse(line));
const logged = () => read().filter((line) => line._aws === undefined);
const measured = () => read().filter((line) => line._aws !== undefined);
const made = () => createPowertools({ service: 'waybill', level: 'info' });

describe('a line', () => {
  it('has the keys of its call', () => {
    const { log, calls } = made();
    calls.began(context('r-1'));
    log.info('one', { count: 1 });
    expect(logged()).toEqual([
      {
        ...{ level: 'INFO', message: 'one', timestamp: expect.stringMatching(/Z$/), service: 'waybill', count: 1 },
        ...{ cold_start: true, function_name: 'waybill-api', function_request_id: 'r-1', correlation_id: 'r-1' },
        ...{ function_arn: context('').invokedFunctionArn, function_memory_size: '512', sampling_rate: 0 },
        xray_trace_id: '1-5759e988-bd862e3fe1be46a994272793',
      },
    ]);
  });

  it('has what the call turned out to be about, from then on and no longer', () => {
    const { log, calls } = made();
    calls.began(context('r-1'));
    log.info('before');
    calls.about({ correlation_id: 'e-1', executionId: 'e-1', stage: 1 });
    calls.about({ stage: undefined, job: 2 });
    log.info('in it');
    calls.ended();
    log.info('between');
    calls.began(context('r-2'));
    log.info('after');
    const ids = logged().map(
      ({ message, function_request_id, correlation_id, executionId, stage, job, cold_start }) => ({
        ...{ message, function_request_id, correlation_id, executionId, stage, job, cold_start },
      }),
    );
    expect(ids).toEqual([
      { message: 'before', function_request_id: 'r-1', correlation_id: 'r-1', cold_start: true },
      {
        ...{ message: 'in it', function_request_id: 'r-1', cold_start: true },
        ...{ correlation_id: 'e-1', executionId: 'e-1', job: 2 },
      },
      { message: 'between', function_request_id: 'r-1', cold_start: true },
      { message: 'after', function_request_id: 'r-2', correlation_id: 'r-2', cold_start: false },
    ]);
  });

  it('is cold in the first call alone, also where that had nothing to say', () => {
    const { log, calls } = made();
    calls.began(context('r-1'));
    calls.ended();
    calls.began(context('r-2'));
    log.info('second');
    expect(logged()).toMatchObject([{ cold_start: false, function_request_id: 'r-2' }]);
  });

  it.each([undefined, null, {}, 'r-1'])('is written without keys where the context is %j', (nothing) => {
    const { log, calls } = made();
    calls.began(nothing);
    log.warn('one');
    expect(logged()).toMatchObject([{ message: 'one', level: 'WARN', service: 'waybill' }]);
    expect(logged()[0]).not.toHaveProperty('correlation_id');
  });

  it('hides secrets among the keys of a call, too', () => {
    const { log, calls } = made();
    calls.began(context('r-1'));
    calls.about({ machine: `Bearer ${'x'.repeat(20)}`, token: 'hush' });
    log.info('one');
    expect(lines.join('')).not.toMatch(/x{20}|hush/);
  });
});

describe('metrics', () => {
  it.each(Object.entries(serviceMetrics))('%s is one line of the embedded format', (key, { name, unit }) => {
    const { metrics, calls } = made();
    calls.began(undefined);
    metrics.add(key as ServiceMetric, 12);
    expect(lines).toEqual([]);
    calls.ended();
    expect(lines.map((line) => line.indexOf('\n') === line.length - 1)).toEqual([true]);
    expect(measured()).toEqual([
      {
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            { Namespace: 'Waybill', Dimensions: [['service']], Metrics: [{ Name: name, Unit: unit }] },
          ],
        },
        service: 'waybill',
        [name]: 12,
      },
    ]);
  });

  it('of one call are one line, each value in it, and the next call begins anew', () => {
    const { metrics, calls } = made();
    for (const count of [2, 1]) {
      calls.began(undefined);
      for (let i = 0; i < count; i += 1) metrics.add('messagesFailed');
      metrics.add('oldestPending', 500);
      calls.ended();
    }
    expect(measured()).toMatchObject([
      { MessagesFailed: [1, 1], OldestPendingDelivery: 500 },
      { MessagesFailed: 1, OldestPendingDelivery: 500 },
    ]);
  });

  it.each([
    ['oldestPending', Number.NaN],
    ['gapsFound', 0],
    ['gapsFound', -1],
  ] as const)('are not written where there is nothing to say: %s %d', (metric, value) => {
    const { metrics, calls } = made();
    calls.began(undefined);
    metrics.add(metric, value);
    calls.ended();
    expect(lines).toEqual([]);
  });

  it('write an age of 0: it is a reading', () => {
    const { metrics, calls } = made();
    metrics.add('oldestPending', 0);
    calls.ended();
    expect(measured()).toMatchObject([{ OldestPendingDelivery: 0 }]);
  });

  it('say a cold start once, of which function', () => {
    const { calls } = made();
    for (const id of ['r-1', 'r-2']) {
      calls.began(context(id));
      calls.ended();
    }
    expect(measured()).toMatchObject([{ ColdStart: 1, service: 'waybill', function_name: 'waybill-api' }]);
    expect(measured()[0]._aws.CloudWatchMetrics).toMatchObject([
      { Namespace: 'Waybill', Dimensions: [['service', 'function_name']] },
    ]);
  });

  it.each(['provisioned-concurrency', undefined])('say none where the environment is %s', (type) => {
    vi.stubEnv('AWS_LAMBDA_INITIALIZATION_TYPE', type);
    const { calls } = made();
    calls.began(context('r-1'));
    calls.ended();
    expect(lines).toEqual([]);
  });

  it('have few dimensions: none but the installation and, of cold starts, the function', () => {
    const { metrics, calls } = made();
    calls.began(context('r-1'));
    for (const key of Object.keys(serviceMetrics)) metrics.add(key as ServiceMetric);
    calls.ended();
    const dimensions = measured().flatMap(({ _aws }) => _aws.CloudWatchMetrics[0].Dimensions.flat());
    expect(new Set(dimensions)).toEqual(new Set(['service', 'function_name']));
  });
});
