import { describe, expect, it } from 'vitest';
import { parseCall } from '../../test/fixtures/parse-call.ts';
import { azureDevops } from './azure-devops.ts';

const hook = (resource: object = {}, more: object = {}) => ({
  id: 'n1',
  eventType: 'build.complete',
  resource: { id: 7, definition: { name: 'shop' }, status: 'completed', result: 'succeeded', ...resource },
  ...more,
});

describe('a completed build', () => {
  it.each([
    [{ result: 'succeeded' }, ['succeeded']],
    [{ result: 'partiallySucceeded' }, ['failed']],
    [{ result: 'failed' }, ['failed']],
    [{ result: 'canceled' }, ['failed']],
    [{ result: null, status: 'succeeded' }, ['succeeded']],
    [{ result: null, status: 'stopped' }, ['failed']],
    [{ result: null, status: 'inProgress' }, []],
    [{ result: 'none' }, []],
  ])('%j is %j', (resource, outcomes) => {
    const parsed = parseCall(azureDevops, hook(resource));
    expect(parsed).toMatchObject({ key: 'id:n1' });
    expect(parsed.kind === 'events' && parsed.events.map((event) => event.kind === 'build' && event.outcome)).toEqual(
      outcomes,
    );
  });

  it.each([
    [{}, { pipeline: 'shop', build: '7', branch: undefined, revision: undefined }],
    [{ project: { name: '项目' } }, { pipeline: '项目/shop' }],
    [
      { sourceBranch: 'refs/heads/a/b', sourceVersion: 'abc1234' },
      { branch: 'a/b', revision: 'abc1234' },
    ],
    [{ sourceBranch: 'refs/tags/v1' }, { branch: undefined }],
    [{ sourceBranch: 'refs/pull/1/merge' }, { branch: undefined }],
    [{ sourceGetVersion: 'LG:refs/heads/main:abc1234' }, { branch: 'main', revision: 'abc1234' }],
    [{ sourceGetVersion: 'C123' }, { branch: undefined, revision: undefined }],
    [{ url: 'https://x', _links: { web: { href: 'https://y' } } }, { provenance: 'https://y' }],
    [{ url: 'https://x', _links: null }, { provenance: 'https://x' }],
  ])('of %j', (resource, expected) => {
    expect(parseCall(azureDevops, hook(resource))).toMatchObject({ events: [expected] });
  });

  it.each([
    ['Build.BuildNumber', { buildNumber: '20261120.2' }, '20261120.2'],
    ['Build.SourceBranchName', { sourceBranch: 'refs/heads/a/b' }, 'b'],
    ['Build.BuildId', { parameters: '{"Build.BuildId":"typed"}' }, '7'],
    ['version', { parameters: '{"version":"1.4"}' }, '1.4'],
    ['env', { templateParameters: { env: 'pre', list: [] } }, 'pre'],
  ])('reports %s of %j', (name, resource, tag) => {
    const settings = { artifacts: [{ image: `registry.example.com/x:\${${name}}` }] };
    expect(parseCall(azureDevops, hook(resource), { settings })).toMatchObject({
      events: [{ artifacts: [{ artifact: { reference: `registry.example.com/x:${tag}` } }] }],
    });
  });

  it.each(['no json', 'null', '1', '"x"', '[1]'])('with the parameters %s reports none', (parameters) => {
    const settings = { artifacts: [{ image: 'registry.example.com/x:${version}' }] };
    expect(parseCall(azureDevops, hook({ parameters }), { settings })).toMatchObject({
      refusals: [{ reason: 'unmappedVariable' }],
    });
  });
});
