import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../domain/json.ts';
import type { PipelineFault } from '../domain/pipeline-draft.ts';
import { readTriggers } from './trigger-fields.ts';

function read(value: unknown) {
  const faults: PipelineFault[] = [];
  const triggers = readTriggers(value, { path: 'triggers', faults });
  return { triggers, faults: faults.map(({ path, message }) => `${path}: ${message}`) };
}

describe('readTriggers', () => {
  it.each<[unknown]>([[undefined], [null], [[]]])('%j is none', (value) => {
    expect(read(value)).toEqual({ triggers: [], faults: [] });
  });

  it('reads Spinnaker’s form, and passes over what it does not know', () => {
    const spinnaker: Json = [
      {
        enabled: true,
        type: 'webhook',
        source: 'release',
        payloadConstraints: { ref: 'refs/tags/.*', number: 12, draft: false, sender: null },
        expectedArtifactIds: ['image'],
        runAsUser: 'spinnaker',
      },
      {
        enabled: false,
        type: 'docker',
        account: 'hub',
        repository: 'team/shop',
        tag: ' v.* ',
        registry: 'index.docker.io',
      },
      { type: 'Docker', account: 'hub', repository: 'team/shop', tag: '  ', organization: 'team' },
      { type: 'git', source: 'github', project: 'team', slug: 'shop' },
    ];
    expect(read(spinnaker)).toEqual({
      triggers: [
        {
          kind: 'webhook',
          index: 0,
          enabled: true,
          type: 'webhook',
          source: 'release',
          payloadConstraints: { ref: 'refs/tags/.*', number: '12', draft: 'false', sender: null },
          expectedArtifactIds: ['image'],
        },
        {
          kind: 'docker',
          index: 1,
          enabled: false,
          account: 'hub',
          repository: 'team/shop',
          tag: 'v.*',
          expectedArtifactIds: [],
        },
        { kind: 'docker', index: 2, enabled: true, account: 'hub', repository: 'team/shop', expectedArtifactIds: [] },
        {
          kind: 'webhook',
          index: 3,
          enabled: true,
          type: 'git',
          source: 'github',
          payloadConstraints: {},
          expectedArtifactIds: [],
        },
      ],
      faults: [],
    });
  });

  it.each<[unknown, RegExp]>([
    ['x', /^triggers: Triggers are a list/],
    [['x'], /^triggers\[0\]: A trigger is an object/],
    [[{}], /^triggers\[0\]\.type: This is required/],
    [[{ type: ' ' }], /^triggers\[0\]\.type: This is text/],
    [[{ type: 'webhook' }], /^triggers\[0\]\.source: This is required/],
    [[{ type: 'pipeline', pipeline: 'a' }], /source: .*source of type pipeline/],
    [[{ type: 'cron', cronExpression: '* * * * *' }], /source: .*scheduler/],
    [[{ type: 'webhook', source: 3 }], /^triggers\[0\]\.source: This is text/],
    [[{ type: 'docker', repository: 'a' }], /^triggers\[0\]\.account: This is required/],
    [[{ type: 'docker', account: 'a' }], /^triggers\[0\]\.repository: This is required/],
    [[{ type: 'docker', account: 'a', repository: 'b', tag: 3 }], /^triggers\[0\]\.tag: A tag is text/],
    [[{ type: 'docker', account: 'a', repository: 'b', tag: 'v(' }], /^triggers\[0\]\.tag: at character 2: /],
    [[{ type: 'a', source: 'b', enabled: 'yes' }], /^triggers\[0\]\.enabled: This is true or false/],
    [[{ type: 'a', source: 'b', expectedArtifactIds: 'x' }], /expectedArtifactIds: This is a list/],
    [[{ type: 'a', source: 'b', expectedArtifactIds: [1] }], /expectedArtifactIds: This is a list/],
    [[{ type: 'a', source: 'b', payloadConstraints: [] }], /payloadConstraints: Constraints are an object/],
    [[{ type: 'a', source: 'b', payloadConstraints: { x: ['a'] } }], /payloadConstraints\.x: A constraint is one/],
    [[{ type: 'a', source: 'b', payloadConstraints: { x: {} } }], /payloadConstraints\.x: A constraint is one/],
    [[{ type: 'a', source: 'b', payloadConstraints: { x: '!main' } }], /payloadConstraints\.x: .*negated/],
    [[{ type: 'a', source: 'b', payloadConstraints: { x: '^(?!main)' } }], /payloadConstraints\.x: at character 2/],
    [[{ type: 'a', source: 'b', payloadConstraints: { '$.a[': 'x' } }], /payloadConstraints\["\$\.a\["\]: the key/],
    [[{ type: 'a', source: 'b', payloadConstraints: { x: 'y'.repeat(1025) } }], /at most 1024/],
    [Array.from({ length: 101 }, () => ({ type: 'a', source: 'b' })), /101 triggers, at most 100/],
  ])('row %#: says what is wrong with %j', (value, why) => {
    expect(read(value).faults.join('\n')).toMatch(why);
  });

  it('answers whatever was written', () => {
    const word = fc.constantFrom(
      'type',
      'source',
      'tag',
      'payloadConstraints',
      'expectedArtifactIds',
      'enabled',
      'account',
    );
    const trigger = fc.dictionary(word, fc.oneof(fc.jsonValue(), fc.constantFrom('docker', 'webhook', '$.a[', '(')));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(trigger)), (value) => {
        const { triggers, faults } = read(value);
        expect(triggers.length + faults.length).toBeGreaterThanOrEqual(
          Array.isArray(value) ? Math.min(1, value.length) : 0,
        );
        for (const fault of faults) expect(fault).toMatch(/^triggers/);
      }),
    );
  });

  it('says all faults at once', () => {
    const { faults } = read([
      { type: 'a' },
      { type: 'docker' },
      { type: 'b', source: 'c', payloadConstraints: { x: '(' } },
    ]);
    expect(faults).toHaveLength(4);
  });
});
