import { describe, expect, it } from 'vitest';
import type { Artifact } from './artifact.ts';
import type { DeliveredEvent } from './delivery.ts';
import { isBound, refuseEvents } from './receiver-bounds.ts';

function named(type: string, name: string): Artifact {
  return { type, name, version: '1', reference: name, metadata: {}, uuid: 'u' };
}

function pushed(type: string, name: string): DeliveredEvent {
  return { kind: 'push', repository: name, tag: '1', artifact: named(type, name) };
}

it.each<[string, boolean]>([
  ['registry.example.com/team/*', true],
  ['**', true],
  ['s3://bucket/**', true],
  ['https://files.example.com/a/*.jar', true],
  ['artifact:com.example:*', true],
  ['artifact:', false],
  ['shop', false],
  ['team/shop', false],
  ['s3://', false],
  ['a b', false],
  [`artifact:${'x'.repeat(600)}`, false],
])('%s may bound a receiver: %s', (text, expected) => {
  expect(isBound(text)).toBe(expected);
});

describe('refuseEvents', () => {
  it.each<[readonly string[], DeliveredEvent, boolean]>([
    [['r.io/team/*'], pushed('docker/image', 'r.io/team/shop'), true],
    [['r.io/team/*'], pushed('docker/image', 'r.io/other/shop'), false],
    [['r.io/team/*'], pushed('s3/object', 's3://cfg/a'), false],
    [['**'], pushed('s3/object', 's3://cfg/a'), true],
    [['s3://cfg/*'], pushed('s3/object', 's3://cfg/a'), true],
    [['s3://cfg/*'], pushed('s3/object', 's3://other/a'), false],
    [['artifact:com.example:*'], pushed('maven/file', 'com.example:app'), true],
    [['artifact:com.example:*'], pushed('maven/file', 'org.example:app'), false],
    [['artifact:**'], pushed('maven/file', 'a/b'), true],
    [['artifact:**'], pushed('docker/image', 'r.io/team/shop'), false],
    // the embedded registry is meant only where a pattern says so literally
    [['**'], { kind: 'push', repository: 'registry.local/a', tag: '1' }, false],
    [['registry.local/a'], { kind: 'push', repository: 'registry.local/a', tag: '1' }, true],
  ])('%j: %j may be told: %s', (patterns, event, told) => {
    expect(refuseEvents(patterns, [event]).map(({ reason }) => reason)).toEqual(told ? [] : ['notAllowed']);
  });

  it('bounds the images in a webhook, and no webhook without', () => {
    const event = { kind: 'webhook', type: 'a', source: 'b', payload: {}, parameters: {} } as const;
    const file = named('s3/object', 's3://cfg/a');
    const image = { ...named('docker/image', 'r.io/other/x'), reference: 'r.io/other/x:1' };
    expect(
      refuseEvents(
        ['r.io/team/*'],
        [
          { ...event, artifacts: [] },
          { ...event, artifacts: [file] },
        ],
      ),
    ).toEqual([]);
    expect(refuseEvents(['r.io/team/*'], [{ ...event, artifacts: [file, image] }])).toMatchObject([
      { event: 0, reason: 'notAllowed' },
    ]);
  });
});
