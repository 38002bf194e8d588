import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseCall } from '../../test/fixtures/parse-call.ts';
import { gitlab } from './gitlab.ts';

const now = Date.UTC(2026, 10, 20, 10);
const plain = 'glpat-0123456789abcdef';
const signing = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const body = new TextEncoder().encode('{}');

function signed(secret: string): Readonly<Record<string, string>> {
  const timestamp = String(now / 1000);
  const mac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
    .update(`e1.${timestamp}.`)
    .update(body);
  return {
    'webhook-id': 'e1',
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac.digest('base64')}`,
  };
}

describe('proof', () => {
  it.each([
    ['the token', { 'x-gitlab-token': plain }, [plain], true],
    ['another token', { 'x-gitlab-token': `${plain}0` }, [plain], false],
    ['the previous token', { 'x-gitlab-token': plain }, [signing, plain], true],
    ['a signature', signed(signing), [signing], true],
    ['a signature while tokens are changed for it', signed(signing), [signing, plain], true],
    ['the signing token sent in clear', { 'x-gitlab-token': signing }, [signing], false],
    [
      'a wrong signature beside the right token',
      { ...signed(signing), 'webhook-signature': 'v1,AAAA', 'x-gitlab-token': plain },
      [signing, plain],
      false,
    ],
    [
      'a signature nobody agreed on, beside the right token',
      { ...signed(signing), 'x-gitlab-token': plain },
      [plain],
      false,
    ],
    ['nothing', {}, [plain, signing], false],
  ])('%s', (_, headers, secrets, taken) => {
    const raw = { headers, query: {}, body, receivedAt: now };
    const verified = gitlab.verify(raw, { secrets, settings: {}, allowUnsigned: true, now });
    expect(verified !== undefined).toBe(taken);
  });

  it.each([
    [plain, undefined],
    [signing, undefined],
    ['whsec_short', /whsec_/],
    ['short', /16/],
  ])('takes %s as a secret: %s', (secret, fault) => {
    const said = gitlab.secretFault(secret, {});
    if (fault === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(fault);
  });
});

const revision = 'bcbb5ec396a2c0f828686f14fac9b80b780504f2';
const hook = (attributes: object = {}, more: object = {}) => ({
  object_kind: 'pipeline',
  object_attributes: {
    id: 31,
    iid: 3,
    ref: 'feature/结账',
    tag: false,
    sha: revision,
    status: 'success',
    source: 'push',
    finished_at: '2026-11-20 09:56:26 UTC',
    ...attributes,
  },
  project: { path_with_namespace: 'Acme/Shop' },
  ...more,
});

describe('a pipeline hook', () => {
  it.each<readonly [string, readonly string[]]>([
    ['success', ['succeeded']],
    ['failed', ['failed']],
    ['canceled', ['failed']],
    ...[
      'created',
      'waiting_for_resource',
      'preparing',
      'pending',
      'running',
      'canceling',
      'skipped',
      'manual',
      'scheduled',
    ].map((status) => [status, []] as const),
  ])('%s is %j', (status, outcomes) => {
    const parsed = parseCall(gitlab, hook({ status }));
    expect(parsed.kind === 'events' && parsed.events.map((event) => event.kind === 'build' && event.outcome)).toEqual(
      outcomes,
    );
  });

  it.each([
    ['a branch', {}, { branch: 'feature/结账', revision, pipeline: 'Acme/Shop', build: '31' }],
    ['a tag', { ref: 'v1', tag: true }, { branch: undefined, revision }],
    ['no ref', { ref: null, sha: null }, { branch: undefined, revision: undefined }],
    ['no zone', { finished_at: '2026-11-20 09:56:26' }, { at: undefined, finishedAt: undefined }],
  ])('of %s', (_, attributes, expected) => {
    expect(parseCall(gitlab, hook(attributes))).toMatchObject({ events: [expected] });
  });

  it.each([
    [{ source_project_id: 7, target_project_id: 1 }, 0],
    [{ source_project_id: 1, target_project_id: 1 }, 1],
    [{ source_project_id: null }, 1],
    [null, 1],
  ])('of the merge request %j makes %i event', (merge_request, events) => {
    const parsed = parseCall(gitlab, hook({ source: 'merge_request_event' }, { merge_request }));
    expect(parsed.kind === 'events' && parsed.events.length).toBe(events);
  });

  it.each([
    ['CI_COMMIT_SHORT_SHA', {}, 'bcbb5ec3'],
    ['CI_COMMIT_REF_SLUG', { ref: 'Feature/A_b--' }, 'feature-a-b'],
    ['CI_COMMIT_TAG', { ref: 'v1', tag: true }, 'v1'],
    ['CI_PIPELINE_IID', {}, '3'],
    ['SHORT_REVISION', {}, 'bcbb5ec'],
    [
      'RELEASE',
      {
        variables: [
          { key: 'RELEASE', value: '7' },
          { key: null, value: 1 },
        ],
      },
      '7',
    ],
  ])('reports %s', (name, attributes, tag) => {
    const settings = { artifacts: [{ image: `registry.example.com/shop:\${${name}}` }] };
    expect(parseCall(gitlab, hook(attributes), { settings })).toMatchObject({
      events: [{ artifacts: [{ artifact: { reference: `registry.example.com/shop:${tag}` } }] }],
    });
  });

  it.each([
    ['the id that is signed', { senderId: 'e1', headers: { 'idempotency-key': 'e2' } }, 'id:e1'],
    ['the header', { headers: { 'idempotency-key': 'e2' } }, 'id:e2'],
    ['the body', {}, expect.stringMatching(/^body:[0-9a-f]{64}$/)],
  ])('is known again by %s', (_, call, key) => {
    expect(parseCall(gitlab, hook(), call)).toMatchObject({ key });
  });
});
