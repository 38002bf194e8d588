import { describe, expect, it } from 'vitest';
import { proven } from './proven.ts';
import { waybill } from './waybill.ts';

const receiverNow = Date.UTC(2026, 10, 20, 10, 15);
const digest = `sha256:${'1'.repeat(64)}`;
const repository = 'registry.example.com/shop';
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

  it('of a test may bring its report', () => {
    const data = { digest: `sha256:${'a'.repeat(64)}`, repository, name: 'unit', outcome: 'passed' };
    expect(parse(body('artifact.tested', data))).not.toHaveProperty('events.0.given');
    const report = { format: 'junit', content: '<x/>' };
    const parsed = parse(body('artifact.tested', { ...data, report }));
    expect(parsed).toMatchObject({ events: [{ kind: 'test', outcome: 'passed', given: report }] });
    expect(parsed).not.toHaveProperty('events.0.report');
  });

  it('may name reports, whose text goes along', () => {
    const data = {
      pipeline: 'shop-ci',
      build: 1,
      reports: [{ name: 'unit', format: 'junit', content: '<x/>', coverage: 8 }],
    };
    expect(parse(body('build.failed', data))).toMatchObject({
      events: [
        { reports: [{ name: 'unit', format: 'junit', coverage: 8, from: { kind: 'content', content: '<x/>' } }] },
      ],
    });
    expect(
      parse(body('build.failed', { ...data, reports: [{ name: 'unit', format: 'tap', content: 'x' }] })),
    ).toMatchObject({
      kind: 'malformed',
      message: expect.stringContaining('data.reports.0.format'),
    });
  });
});

describe('a scan', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  it.each([
    [{ status: 'complete', severities: { High: 1 } }, { severities: { high: 1 } }, undefined],
    [{ status: 'complete', severities: {} }, { severities: {} }, undefined],
    [{ status: 'complete' }, { severities: {} }, true],
    [{ status: 'failed' }, { severities: {} }, undefined],
  ])('that says %j', (said, event, uncounted) => {
    const parsed = parse(body('artifact.scanned', { digest, repository, ...said }));
    expect(parsed).toMatchObject({ events: [{ kind: 'scan', ...event }] });
    expect(parsed.kind === 'events' && Reflect.get(parsed.events[0] ?? {}, 'uncounted')).toBe(uncounted);
  });
});
