import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseCall } from '../../test/fixtures/parse-call.ts';
import { circleci } from './circleci.ts';

const verify = (body: string, signature: string, secret: string) =>
  circleci.verify(
    { headers: { 'circleci-signature': signature }, query: {}, body: new TextEncoder().encode(body), receivedAt: 0 },
    { secrets: [secret], settings: {}, allowUnsigned: false, now: 0 },
  );

describe('the signature', () => {
  const hello = '734cc62f32841568f45715aeb9f4d7891324e6d948e4c6c60c0621cdac48623a';
  /** The examples of the documentation. */
  it.each([
    ['hello world', 'secret', hello],
    ['lalala', 'another-secret', 'daa220016c8f29a8b214fbfc3671aeec2145cfb1e6790184ffb38b6d0425fa00'],
  ])('of %j with %j is the documented one', (body, secret, mac) => {
    expect(verify(body, `v1=${mac}`, secret)).toMatchObject({ signed: true });
  });

  it.each([
    [`v1=${hello},v2=abc`, true],
    [`v2=abc,v1=${hello}`, true],
    [`v2=abc, v1=${hello}`, true],
    [`v2=${hello}`, false],
    [`v11=${hello}`, false],
    [hello, false],
    [`v1=${hello.toUpperCase()}`, false],
    [`v1=${hello.slice(2)}`, false],
    [`v1=${createHmac('sha256', 'other').update('hello world').digest('hex')}`, false],
    ['', false],
  ])('%s: %s', (signature, taken) => {
    expect(verify('hello world', signature, 'secret') !== undefined).toBe(taken);
  });
});

const hook = (status: string, pipeline: object = {}) => ({
  type: 'workflow-completed',
  id: '1',
  happened_at: '2026-11-20T09:59:34.317Z',
  project: { slug: 'gh/acme/shop' },
  workflow: { id: 'w', name: '构建', status },
  pipeline: { id: 'p', number: 5, vcs: { revision: 'abcdef0123456789', branch: 'main' }, ...pipeline },
});

describe('a finished workflow', () => {
  it.each([
    ['success', ['succeeded']],
    ['failed', ['failed']],
    ['error', ['failed']],
    ['canceled', ['failed']],
    ['unauthorized', ['failed']],
    ['running', []],
  ])('%s is %j', (status, outcomes) => {
    const parsed = parseCall(circleci, hook(status));
    expect(parsed.kind === 'events' && parsed.events.map((event) => event.kind === 'build' && event.outcome)).toEqual(
      outcomes,
    );
  });

  it.each([
    [{ vcs: { tag: 'v1', revision: 'abc' } }, { branch: undefined, revision: 'abc' }],
    [{ vcs: null }, { branch: undefined, revision: undefined }],
    [{}, { pipeline: 'gh/acme/shop:构建', build: '5', branch: 'main' }],
  ])('of %j', (pipeline, expected) => {
    expect(parseCall(circleci, hook('success', pipeline))).toMatchObject({ events: [expected] });
  });

  it.each([
    ['CIRCLE_SHA1', {}, 'abcdef0123456789'],
    ['SHORT_REVISION', {}, 'abcdef0'],
    ['CIRCLE_TAG', { vcs: { tag: 'v1' } }, 'v1'],
    ['CIRCLE_PIPELINE_NUMBER', {}, '5'],
    ['git.branch', { trigger_parameters: { git: { branch: 'x' }, n: null } }, 'x'],
  ])('reports %s', (name, pipeline, tag) => {
    const settings = { artifacts: [{ image: `registry.example.com/x:\${${name}}` }] };
    expect(parseCall(circleci, hook('success', pipeline), { settings })).toMatchObject({
      events: [{ artifacts: [{ artifact: { reference: `registry.example.com/x:${tag}` } }] }],
    });
  });
});
