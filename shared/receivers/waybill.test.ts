import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { receiverContract, receiverNow } from '../../test/contracts/receiver.ts';
import { proven } from './proven.ts';
import { waybill } from './waybill.ts';

const digest = `sha256:${'1'.repeat(64)}`;
const repository = 'registry.example.com/shop';
const key = (fill: number) => `whsec_${Buffer.alloc(32, fill).toString('base64')}`;

function sign({ body, secret, now }: { body: Uint8Array; secret: string; now: number }) {
  const timestamp = String(Math.floor(now / 1000));
  const mac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'));
  const signature = mac.update(`msg_1.${timestamp}.`).update(body).digest('base64');
  return { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

const body = (type: string, data: unknown, more: object = {}) => JSON.stringify({ type, data, ...more });
const parse = (text: string) =>
  waybill.parse(
    proven(
      { headers: {}, query: {}, body: new TextEncoder().encode(text), receivedAt: receiverNow },
      { signed: true, senderId: 'msg_1' },
    ),
    { settings: {}, receiver: 'ci' },
  );
const image = { type: 'docker/image', reference: `${repository}:1.0` };

receiverContract({
  type: waybill,
  secrets: [key(1), key(2)],
  signsBody: true,
  prove: sign,
  samples: [
    {
      name: 'a scan',
      body: body(
        'artifact.scanned',
        { digest, repository, status: 'complete', severities: { Critical: 1, high: { total: 3, fixable: 2 } } },
        { timestamp: '2026-11-20T10:15:00Z' },
      ),
      events: JSON.parse(
        JSON.stringify([
          {
            kind: 'scan',
            at: receiverNow,
            digest,
            repository,
            status: 'complete',
            severities: { critical: 1, high: { total: 3, fixable: 2 } },
          },
        ]),
      ),
    },
    {
      name: 'a test',
      body: body('artifact.tested', { digest, repository, name: 'unit', outcome: 'passed', coverage: 81.5 }),
      events: JSON.parse(
        JSON.stringify([{ kind: 'test', digest, repository, name: 'unit', outcome: 'passed', coverage: 81.5 }]),
      ),
    },
    { name: 'a type that it does not know', body: body('something.else', { any: 'thing' }), events: [] },
  ],
  malformed: [
    ['{}', /type/],
    [body('artifact.scanned', { repository, status: 'complete' }), /data\.digest/],
    [body('artifact.scanned', { digest: 'sha256:12', repository, status: 'complete' }), /data\.digest.*sha256/],
    [body('artifact.scanned', { digest, repository: 'shop', status: 'complete' }), /data\.repository.*host/],
    [body('artifact.scanned', { digest, repository, status: 'maybe' }), /data\.status/],
    [
      body('artifact.scanned', { digest, repository, status: 'complete', severities: { high: -1 } }),
      /severities\.high/,
    ],
    [body('artifact.tested', { digest, repository, name: 'unit', outcome: 'ok' }), /data\.outcome/],
    [body('artifact.tested', { digest, repository, name: 'u', outcome: 'passed', coverage: 101 }), /data\.coverage/],
    [body('artifact.pushed', {}), /data\.artifact/],
    [body('artifact.pushed', { artifact: { reference: 'x' } }), /data\.artifact\.type/],
    [body('build.succeeded', { build: '1' }), /data\.pipeline/],
    [
      body('build.succeeded', { pipeline: 'p', build: '1', finishedAt: '2026-11-20T10:15:00' }),
      /data\.finishedAt.*zone/,
    ],
    [body('build.succeeded', { pipeline: 'p', build: '1', artifacts: [{}] }), /data\.artifacts\.0\.artifact/],
  ],
});

describe('pushed', () => {
  it('is one event per tag that the artifact names', () => {
    const artifact = { ...image, version: digest, metadata: { tags: ['1.0', '1', 'not a tag!'] } };
    expect(parse(body('artifact.pushed', { artifact }))).toMatchObject({
      kind: 'events',
      key: 'msg_1',
      events: [
        { kind: 'push', repository, tag: '1.0', digest, artifact: { type: 'docker/image', version: digest } },
        { kind: 'push', repository, tag: '1', digest },
      ],
    });
  });

  it.each([
    ['a tag alone', image, { repository, tag: '1.0', digest: undefined }],
    ['a digest alone', { type: 'docker/image', reference: `${repository}@${digest}` }, { tag: undefined, digest }],
    [
      "Flow's image",
      { artifact: 'image', type: 'dockerImage', dockerUrl: `${repository}:1.0`, dockerTag: '1.0' },
      { repository, tag: '1.0' },
    ],
    ['a file', { type: 's3/object', name: 's3://cfg/shop.yaml' }, { repository: 's3://cfg/shop.yaml', tag: undefined }],
  ])('takes %s', (_, artifact, expected) => {
    const parsed = parse(body('artifact.pushed', { artifact }));
    const events = parsed.kind === 'events' ? parsed.events : [];
    expect(events.map((event) => ({ tag: undefined, digest: undefined, ...event }))).toMatchObject([
      { kind: 'push', ...expected },
    ]);
  });
});

describe('build', () => {
  it.each([
    ['build.succeeded', 'succeeded'],
    ['build.failed', 'failed'],
  ])('%s', (type, outcome) => {
    const data = {
      pipeline: 'shop-ci',
      build: 42,
      branch: 'main',
      revision: 'abc',
      finishedAt: '2026-11-20T10:15:00Z',
      artifacts: [{ artifact: image }, { stage: 's', job: 'j', step: 't', name: 'n', artifact: image }],
    };
    expect(parse(body(type, data))).toMatchObject({
      events: [
        {
          kind: 'build',
          outcome,
          pipeline: 'shop-ci',
          build: '42',
          at: receiverNow,
          artifacts: [
            { stage: 'build', job: 'main', step: 'build', artifact: { name: repository } },
            { stage: 's', job: 'j', step: 't', name: 'n' },
          ],
        },
      ],
    });
  });
});
