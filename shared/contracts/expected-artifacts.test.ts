import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../domain/json.ts';
import { readPipelineFile } from './pipeline-file.ts';

const engine = { stepKinds: ['webhook', 'pipeline'], embedded: true };
const image = { type: 'registry', repository: 'r.example.com/shop' };
const call = { step: 'webhook', with: { url: 'https://x.example.com/' } };

function file(over: JsonObject, stage: JsonObject = {}): JsonObject {
  return { name: 'shop', sources: { image }, stages: { pre: { steps: { call }, ...stage } }, ...over };
}

function read(given: Json) {
  return readPipelineFile(JSON.stringify(given), 'application/json', engine);
}

function faults(given: Json): readonly string[] {
  const reading = read(given);
  return reading.kind === 'invalid' ? reading.errors.map(({ path, message }) => `${path}: ${message}`) : [];
}

function definition(given: Json) {
  const reading = read(given);
  if (reading.kind !== 'ok') throw new Error(JSON.stringify(reading));
  return reading.definition;
}

/** As Spinnaker's UI writes it, with its own ids and empty stubs. */
const fromDeck = {
  id: '6f1c9b8e-3a53-4d2a-9f1e-0c8f2f3c1a77',
  displayName: 'shop image',
  matchArtifact: {
    artifactAccount: 'docker',
    customKind: false,
    id: '1f',
    name: 'r.example.com/shop',
    type: 'docker/image',
  },
  usePriorArtifact: false,
  useDefaultArtifact: false,
  defaultArtifact: { customKind: true, id: '2e' },
};

describe('expected artifacts', () => {
  it('are read in Spinnaker’s own form, and kept as written', () => {
    const given = file({ expectedArtifacts: [fromDeck] });
    expect(read(given)).toMatchObject({ kind: 'ok', file: given });
    expect(definition(given).expectedArtifacts).toEqual([
      {
        id: fromDeck.id,
        displayName: 'shop image',
        matchArtifact: { type: 'docker/image', name: 'r.example.com/shop', artifactAccount: 'docker' },
        usePriorArtifact: false,
        useDefaultArtifact: false,
      },
    ]);
  });

  it('take null as absent, and numbers and booleans as text', () => {
    const one = { id: 7, matchArtifact: { version: 1.5, name: null, location: true }, usePriorArtifact: null };
    const [read0, read1] = definition(
      file({ expectedArtifacts: [one, { id: 'b', matchArtifact: null }] }),
    ).expectedArtifacts;
    expect(read0).toMatchObject({
      id: '7',
      matchArtifact: { version: '1.5', location: 'true' },
      usePriorArtifact: false,
    });
    expect(read1).toMatchObject({ id: 'b', matchArtifact: {} });
  });

  it('have a default where it is meant', () => {
    const artifact = { type: 's3/object', reference: 's3://cfg/shop.yaml', artifactAccount: 's3', extra: 1 };
    const one = { id: 'a', useDefaultArtifact: true, defaultArtifact: artifact };
    expect(
      definition(file({ expectedArtifacts: [one, { id: 'b', useDefaultArtifact: true }] })).expectedArtifacts,
    ).toMatchObject([
      { defaultArtifact: { type: 's3/object', name: 's3://cfg/shop.yaml', metadata: { extra: 1 } } },
      { id: 'b', useDefaultArtifact: true },
    ]);
  });

  it('may be referred to as sources are', () => {
    const step = { step: 'webhook', with: { url: 'https://x.example.com/', body: { a: '$[sources.config]' } } };
    const given = file({ expectedArtifacts: [{ id: 'config' }] }, { steps: { step } });
    expect(faults(given)).toEqual([]);
  });

  it.each<[string, Json, string]>([
    ['no object', [1], 'expectedArtifacts[0]: An expected artifact is an object.'],
    ['no id', [{}], 'expectedArtifacts[0].id: An expected artifact needs an id of 1 to 256 characters.'],
    ['an empty id', [{ id: '' }], 'expectedArtifacts[0].id: An expected artifact needs an id of 1 to 256 characters.'],
    ['an id that is no text', [{ id: [] }], 'expectedArtifacts[0].id: This is a text.'],
    [
      'the id of a source',
      [{ id: 'image' }],
      'expectedArtifacts[0].id: "image" is a source already; choose another id',
    ],
    ['one id twice', [{ id: 'a' }, { id: 'a' }], 'expectedArtifacts[1].id: There are two expected artifacts "a".'],
    [
      'a match that is no object',
      [{ id: 'a', matchArtifact: 'x' }],
      'expectedArtifacts[0].matchArtifact: matchArtifact is an object.',
    ],
    [
      'a field that is no text',
      [{ id: 'a', matchArtifact: { name: {} } }],
      'expectedArtifacts[0].matchArtifact.name: This is a text.',
    ],
    [
      'a lookahead',
      [{ id: 'a', matchArtifact: { version: 'v(?!1).*' } }],
      'expectedArtifacts[0].matchArtifact.version: invalid-pattern: at position 1: a lookahead is not supported: it cannot be matched in linear time.',
    ],
    [
      'a backreference',
      [{ id: 'a', matchArtifact: { reference: '(a)\\1' } }],
      'expectedArtifacts[0].matchArtifact.reference: invalid-pattern: at position 3: a backreference is not supported.',
    ],
    [
      'raw SpEL',
      [{ id: 'a', matchArtifact: { version: '${trigger.tag}' } }],
      'expectedArtifacts[0].matchArtifact.version: invalid-pattern: at position 1: a repetition is {n}, {n,} or {n,m}; write \\{ for the character.',
    ],
    [
      'a flag that is none',
      [{ id: 'a', usePriorArtifact: 1 }],
      'expectedArtifacts[0].usePriorArtifact: This is true or false.',
    ],
    [
      'an empty default',
      [{ id: 'a', useDefaultArtifact: true, defaultArtifact: { customKind: true } }],
      'expectedArtifacts[0].defaultArtifact.type: must say what it is, e.g. docker/image',
    ],
  ])('with %s are refused', (_name, expectedArtifacts, message) => {
    expect(faults(file({ expectedArtifacts }))).toContain(message);
  });

  it('are at most 200 in all', () => {
    const many = (from: number) => Array.from({ length: 90 }, (_, at) => ({ id: `e${from + at}` }));
    const stages = {
      a: { expectedArtifacts: many(0), steps: { call } },
      b: { expectedArtifacts: many(0), steps: { call } },
    };
    expect(faults(file({ stages, expectedArtifacts: many(0) }))).toEqual([
      'expectedArtifacts: 270 expected artifacts, at most 200 are allowed',
    ]);
  });
});

describe('a stage', () => {
  const artifact = { type: 'http/file', reference: 'https://x.example.com/a.yaml' };

  it('takes inputs by id, with an account, or written out; an id goes before a stub', () => {
    const inputArtifacts: readonly Json[] = [
      { id: 'a', account: 'other', artifact: { id: 'stub' } },
      { account: '', artifact },
      { id: 'image' },
    ];
    const [stage] = definition(file({ expectedArtifacts: [{ id: 'a' }] }, { inputArtifacts })).stages;
    expect(stage?.inputArtifacts).toEqual([
      { id: 'a', account: 'other' },
      { artifact: { ...artifact, name: artifact.reference, metadata: {} } },
      { id: 'image' },
    ]);
  });

  it('takes what a stage that it needs expects, not what it is itself to make', () => {
    const expecting = { expectedArtifacts: [{ id: 'built' }], steps: { call } };
    const takes = { inputArtifacts: [{ id: 'built' }], steps: { call } };
    const stages = {
      a: expecting,
      b: { needs: ['a'], steps: { call } },
      c: { needs: ['b'], ...takes },
    };
    expect(faults(file({ stages }))).toEqual([]);
    expect(faults(file({ stages: { a: expecting, beside: takes } }))).toEqual([
      'stages.beside.inputArtifacts[0].id: "built" is neither a source nor an expected artifact of the pipeline or of a stage before',
    ]);
    expect(faults(file({ stages: { own: { ...expecting, ...takes } } }))).toEqual([
      'stages.own.inputArtifacts[0].id: "built" is expected by this stage itself: it is bound only once its steps have ended',
    ]);
  });

  it.each<[string, Json, string]>([
    ['nothing named', [{ account: 'x' }], 'Name an expected artifact or a source by its id, or write an artifact.'],
    ['no object', ['a'], 'An input artifact is an object.'],
  ])('refuses an input with %s', (_name, inputArtifacts, message) => {
    expect(faults(file({}, { inputArtifacts }))).toEqual([`stages.pre.inputArtifacts[0]: ${message}`]);
  });

  it('has patterns of its own, checked as well', () => {
    const expectedArtifacts = [{ id: 'a', matchArtifact: { name: '(' } }];
    expect(faults(file({}, { expectedArtifacts }))).toEqual([
      'stages.pre.expectedArtifacts[0].matchArtifact.name: invalid-pattern: at position 0: this ( is never closed.',
    ]);
  });
});
