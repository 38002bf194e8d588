import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCall } from '../../test/fixtures/parse-call.ts';
import { cdevents } from './cdevents.ts';

const finished = (content: object, more: object = {}) => ({
  context: {
    version: '0.4.1',
    id: 'e1',
    source: '/ci',
    type: 'dev.cdevents.pipelinerun.finished.0.2.0',
    timestamp: '2026-11-20T09:30:05Z',
    chainId: 'chain',
  },
  subject: { id: 'run-1', source: '/ci/shop', content },
  ...more,
});

describe('a finished run', () => {
  it.each([
    ['success', ['succeeded']],
    ['failure', ['failed']],
    ['error', ['failed']],
    ['cancel', ['failed']],
    ['SUCCESS', []],
    [null, []],
  ])('%s is %j', (outcome, outcomes) => {
    const parsed = parseCall(cdevents, finished({ pipelineName: '商店', outcome }));
    expect(parsed.kind === 'events' && parsed.events.map((event) => event.kind === 'build' && event.outcome)).toEqual(
      outcomes,
    );
  });

  it.each([
    [
      { pipelineName: '商店', uri: 'u', url: 'v' },
      { pipeline: '商店', build: 'run-1', provenance: 'u' },
    ],
    [
      { pipelineName: 'x', url: 'v' },
      { pipeline: 'x', provenance: 'v' },
    ],
    [{}, { pipeline: '/ci/shop' }],
    [{ pipelineName: '' }, { pipeline: '/ci/shop' }],
  ])('%j is %j', (content, expected) => {
    expect(parseCall(cdevents, finished({ outcome: 'success', ...content }))).toMatchObject({
      key: '["/ci","e1"]',
      events: [expected],
    });
  });

  it.each([
    ['version', { version: '1.0' }, '1.0'],
    ['CHAIN_ID', { CHAIN_ID: 'typed' }, 'chain'],
    ['BUILD', null, 'run-1'],
  ])('reports %s of %j', (name, customData, tag) => {
    const settings = { artifacts: [{ image: `registry.example.com/x:\${${name}}` }] };
    expect(parseCall(cdevents, finished({ outcome: 'success' }, { customData }), { settings })).toMatchObject({
      events: [{ artifacts: [{ artifact: { reference: `registry.example.com/x:${tag}` } }] }],
    });
  });

  it.each(['text', 7, [1], true])('with customData %j reports nothing of it', (customData) => {
    expect(parseCall(cdevents, finished({ outcome: 'success' }, { customData }))).toMatchObject({ events: [{}] });
  });
});

it.each([
  'dev.cdevents.artifact.published.0.2.0',
  'dev.cdevents.artifact.published.0.3.0-draft',
  'dev.cdevents.artifact.published.1.0.0',
])('%s is a push', (type) => {
  const subject = { id: 'pkg:oci/shop?tag=1.0' };
  const event = { context: { id: '1', source: '/x', type }, subject };
  const push = { kind: 'push', repository: 'registry.example.com/shop', tag: '1.0' };
  expect(parseCall(cdevents, event, { registry: 'registry.example.com' })).toMatchObject({ events: [push] });
  expect(parseCall(cdevents, event)).toMatchObject({ kind: 'events', events: [] });
});

it.each([
  'dev.cdevents.artifact.signed.0.2.0',
  'dev.cdevents.artifact.publishedx.0.1.0',
  'artifact.published.0.2.0',
  '',
])('%j is of no interest', (type) => {
  const event = { context: { id: '1', source: '/x', type }, subject: { id: 'pkg:oci/shop?tag=1.0' } };
  expect(parseCall(cdevents, event, { registry: 'registry.example.com' })).toMatchObject({ events: [] });
});

const samples = new URL('../../../shared/samples/cdevents/', import.meta.url);

describe.runIf(existsSync(samples))('real bodies', () => {
  it.each([
    ['artifact_published.json', []],
    ['artifact_deleted.json', []],
    ['testsuiterun_finished.json', []],
    [
      'pipelinerun_finished.json',
      [{ kind: 'build', pipeline: 'myPipeline', build: 'mySubject123', outcome: 'failed' }],
    ],
  ])('%s', (file, events) => {
    expect(parseCall(cdevents, readFileSync(new URL(file, samples), 'utf8'))).toMatchObject({ kind: 'events', events });
  });
});
