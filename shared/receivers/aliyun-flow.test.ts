import { describe, expect, it } from 'vitest';
import { type CallToParse, parseCall } from '../../test/fixtures/parse-call.ts';
import { aliyunFlow } from './aliyun-flow.ts';
import { readSettings } from './read-settings.ts';

const hook = (task: object = {}, more: object = {}) => ({
  event: 'task',
  action: 'status',
  task: {
    pipelineId: 183,
    pipelineName: '商店',
    stageName: '构建',
    taskName: '镜像构建',
    buildNumber: 19,
    statusCode: 'SUCCESS',
    statusName: '运行成功',
    ...task,
  },
  sources: [{ branch: 'master', commitId: '6dcb09b5b57875f3', privousCommitId: 'x' }],
  globalParams: [{ key: 'R_VERSION', value: 'V1' }],
  ...more,
});
const outcomes = (body: unknown, settings: CallToParse['settings'] = {}) => {
  const parsed = parseCall(aliyunFlow, body, { settings });
  return parsed.kind === 'events' ? parsed.events.map((event) => event.kind === 'build' && event.outcome) : parsed;
};

describe('a task', () => {
  it.each<readonly [string, readonly string[]]>([
    ['SUCCESS', ['succeeded']],
    ['FAIL', ['failed']],
    ['CANCELED', ['failed']],
    ...['UNKOWN', 'RUNNING', 'WAITING', 'CANCELLING', 'FINISH', 'SKIP', 'success'].map((code) => [code, []] as const),
  ])('%s is %j', (statusCode, expected) => {
    expect(outcomes(hook({ statusCode }))).toEqual(expected);
    expect(outcomes(hook({ statusCode }), { task: '镜像构建' })).toEqual(expected);
  });

  it.each([
    ['SUCCESS', []],
    ['FAIL', ['failed']],
    ['CANCELED', ['failed']],
  ])('%s of another than the one that ends the build is %j', (statusCode, expected) => {
    expect(outcomes(hook({ statusCode }), { task: '部署' })).toEqual(expected);
  });

  it('goes by the code and not by the name of a status', () => {
    expect(outcomes(hook({ statusCode: 'FAIL', statusName: '运行成功' }))).toEqual(['failed']);
  });

  it.each([
    [{}, {}, '183'],
    [{ pipelineId: '183' }, {}, '183'],
    [{}, { aliases: { 183: '商店' } }, '商店'],
    [{}, { aliases: { 184: 'other' } }, '183'],
  ])('%j with %j is of pipeline %s', (task, settings, pipeline) => {
    expect(parseCall(aliyunFlow, hook(task), { settings })).toMatchObject({
      events: [{ pipeline, build: '19', branch: 'master', revision: '6dcb09b5b57875f3' }],
    });
  });

  it.each([
    ['a list', [{ key: 'R_VERSION', value: 'V2' }], 'V2'],
    ['an object', { R_VERSION: 'V3' }, 'V3'],
    ['a number in an object', { R_VERSION: 4 }, '4'],
    ['a list with others', [null, 1, { key: 1 }, { value: 'x' }, { key: 'R_VERSION', value: 'V5' }], 'V5'],
  ])('takes globalParams that are %s', (_, globalParams, tag) => {
    const settings = { artifacts: [{ image: 'registry.example.com/x:${R_VERSION}' }] };
    expect(parseCall(aliyunFlow, hook({}, { globalParams }), { settings })).toMatchObject({
      events: [{ artifacts: [{ artifact: { reference: `registry.example.com/x:${tag}` } }] }],
    });
  });

  it.each([[undefined], [null], ['x'], [[]], [{}]])('is unmapped with globalParams %j', (globalParams) => {
    const settings = { artifacts: [{ image: 'registry.example.com/x:${R_VERSION}' }] };
    expect(parseCall(aliyunFlow, hook({}, { globalParams }), { settings })).toMatchObject({
      refusals: [{ reason: 'unmappedVariable', message: expect.stringContaining('R_VERSION') }],
    });
  });

  it.each([
    ['CI_COMMIT_ID', '6dcb09b5'],
    ['BUILD_NUMBER', '19'],
    ['PIPELINE_ID', '183'],
  ])('reports %s, which no parameter can override', (name, tag) => {
    const settings = { artifacts: [{ image: `registry.example.com/x:\${${name}}` }] };
    expect(parseCall(aliyunFlow, hook({}, { globalParams: { [name]: 'typed' } }), { settings })).toMatchObject({
      events: [{ artifacts: [{ artifact: { reference: `registry.example.com/x:${tag}` } }] }],
    });
  });

  it('is known again by pipeline, build, stage, task and status', () => {
    const keyOf = (task: object, more: object = {}) => {
      const parsed = parseCall(aliyunFlow, hook(task, more));
      return parsed.kind === 'events' ? parsed.key : undefined;
    };
    expect(keyOf({})).toBe('["183","19","构建","镜像构建","SUCCESS"]');
    expect(keyOf({}, { globalParams: {} })).toBe(keyOf({ statusName: 'x' }));
    const others = [
      { pipelineId: 1 },
      { buildNumber: 1 },
      { stageName: 'x' },
      { taskName: 'x' },
      { statusCode: 'FAIL' },
    ];
    expect(new Set([{}, ...others].map((task) => keyOf(task))).size).toBe(6);
  });
});

it.each([
  [{ task: '' }, 'task'],
  [{ aliases: { 183: '' } }, 'aliases.183'],
  [{ pipeline: 'x' }, 'pipeline'],
])('settings %j are refused', (settings, path) => {
  expect(readSettings(aliyunFlow, settings)).toMatchObject({ kind: 'invalid', faults: [{ path }] });
});
