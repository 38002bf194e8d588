import { describe, expect, it } from 'vitest';
import type { Artifact } from './artifact.ts';
import { collectTemplates, type EvaluationScope, resolveJson } from './evaluate.ts';
import type { ArtifactReference } from './expression.ts';
import type { Json } from './json.ts';
import { findPublished } from './published.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const image: Artifact = {
  type: 'docker/image',
  name: 'r.io/shop',
  version: digest,
  reference: `r.io/shop@${digest}`,
  metadata: { tags: ['1.0'] },
  uuid: 'image',
};
const tagged: Artifact = { ...image, version: '1.0', reference: 'r.io/shop:1.0', uuid: 'tagged' };
const file: Artifact = {
  type: 'http/file',
  name: 'conf',
  reference: 'https://f.io/conf',
  metadata: {},
  uuid: 'file',
};
const variables: Record<string, string> = { TAG: '1.0', N: '7', TRICK: '$[sources.image]${N}' };
const sources: Record<string, Artifact> = { image, tagged, file };

const scope: EvaluationScope = {
  variable: (name) => variables[name],
  variableNames: Object.keys(variables),
  artifact: find,
};

function find(reference: ArtifactReference): ReturnType<EvaluationScope['artifact']> {
  if (reference.scope !== 'source')
    return findPublished([{ name: 'conf-7', artifact: file }, { artifact: image }], reference.name);
  const artifact = sources[reference.source];
  return artifact === undefined ? { kind: 'missing', published: Object.keys(sources) } : { kind: 'found', artifact };
}

function nested(depth: number, inside: Json): Json {
  return depth === 0 ? inside : [nested(depth - 1, inside)];
}

describe('resolveJson', () => {
  it.each<[Json, Json, readonly string[]]>([
    ['plain', 'plain', []],
    [7, 7, []],
    [null, null, []],
    [{ a: [true, { b: null }] }, { a: [true, { b: null }] }, []],
    ['$[sources.image]', `r.io/shop@${digest}`, ['image']],
    ['x=$[sources.image.tag]-${N}$$[', 'x=1.0-7$[', ['image']],
    ['${TRICK}', '$[sources.image]${N}', []],
    [{ z: '$[sources.file]', a: '$[sources.image.digest]' }, { z: 'https://f.io/conf', a: digest }, ['file', 'image']],
    [['$[sources.image]', '$[sources.image.tag]'], [`r.io/shop@${digest}`, '1.0'], ['image']],
    ['$[jobs.j.s.artifacts.conf-${N}]', 'https://f.io/conf', ['file']],
    ['$[stages.p.j.s.artifacts.default#tag]', '1.0', ['image']],
    ['$[sources.tagged.version]', '1.0', ['tagged']],
    [JSON.parse('{"__proto__": "${N}", "${N}": 1}'), JSON.parse('{"__proto__": "7", "${N}": 1}'), []],
    [nested(64, '${N}'), nested(64, '7'), []],
  ])('row %#: %j', (value, expected, artifacts) => {
    const resolved = resolveJson(value, scope);
    if (resolved.kind === 'failed') expect.fail(resolved.message);
    expect(JSON.stringify(resolved.value)).toBe(JSON.stringify(expected));
    expect(resolved.artifacts.map((artifact) => artifact.uuid)).toEqual(artifacts);
  });

  it.each<[Json, string, string]>([
    ['${GONE}', 'invalidInput', 'The variable ${GONE} is not set. Known here: TAG, N, TRICK.'],
    [
      { a: ['x', '${GONE'] },
      'invalidInput',
      'In "${GONE" at position 6: expected } to end ${GONE; write $${ for the literal text ${.',
    ],
    [
      '$[sources.gone]',
      'artifactNotFound',
      '$[sources.gone]: nothing is bound to source gone. Bound are image, tagged, file.',
    ],
    [
      '$[jobs.j.s.artifacts.x${N}#tag]',
      'artifactNotFound',
      '$[jobs.j.s.artifacts.x7#tag]: step s of this execution published no artifact "x7"; it published conf-7, default.',
    ],
    [
      '$[sources.up.stages.a.b.c.artifacts.x]',
      'artifactNotFound',
      '$[sources.up.stages.a.b.c.artifacts.x]: step c of the build of source up published no artifact "x"; it published conf-7, default.',
    ],
    ['$[sources.file.md5]', 'artifactNotFound', '$[sources.file.md5]: the http/file "conf" has no md5.'],
    [
      '$[sources.file.dockerUrl]',
      'artifactNotFound',
      '$[sources.file.dockerUrl]: the http/file "conf" has no dockerUrl.',
    ],
    [
      '$[sources.image.metadata.x]',
      'artifactNotFound',
      '$[sources.image.metadata.x]: the docker/image "r.io/shop" has no metadata.x.',
    ],
    [
      '$[sources.tagged]',
      'digestRequired',
      '$[sources.tagged]: the docker/image "r.io/shop" has no digest; an image is only handed on by its sha256 digest.',
    ],
    ['$[jobs.j.s.artifacts.${GONE}]', 'invalidInput', 'The variable ${GONE} is not set. Known here: TAG, N, TRICK.'],
    [nested(65, 'x'), 'invalidInput', 'The input is nested deeper than 64 levels.'],
    [nested(5000, 'x'), 'invalidInput', 'The input is nested deeper than 64 levels.'],
    [
      `\${${'a'.repeat(200)}`,
      'invalidInput',
      `In "\${${'a'.repeat(78)}…" at position 2: expected the name of a variable: a letter or _, then letters, digits, . _ or - (128 at most).`,
    ],
  ])('row %# fails', (value, code, message) => {
    expect(resolveJson(value, scope)).toEqual({ kind: 'failed', code, message });
  });

  it('says that there is nothing where there is nothing', () => {
    const empty: EvaluationScope = { ...scope, artifact: () => ({ kind: 'missing', published: [] }) };
    expect(resolveJson('$[sources.a]', empty)).toMatchObject({
      message: '$[sources.a]: nothing is bound to source a.',
    });
    expect(resolveJson('$[jobs.j.s.artifacts.x]', empty)).toMatchObject({
      message: '$[jobs.j.s.artifacts.x]: step s of this execution published no artifact "x"; it published nothing.',
    });
  });

  it('an artifact without a reference is not found', () => {
    const artifact = { ...file, reference: '' };
    const bare: EvaluationScope = { ...scope, artifact: () => ({ kind: 'found', artifact }) };
    expect(resolveJson('$[sources.file]', bare)).toEqual({
      kind: 'failed',
      code: 'artifactNotFound',
      message: '$[sources.file]: the http/file "conf" has no reference.',
    });
  });

  it('names no variables where none are told', () => {
    const resolved = resolveJson('${X}', { variable: () => undefined, artifact: find });
    expect(resolved).toMatchObject({ message: 'The variable ${X} is not set.' });
  });
});

describe('collectTemplates', () => {
  it('finds them with their paths, in order', () => {
    const value = { a: ['x', { b: '${N}' }], c: '$$[', d: '$[sources.image]', '${N}': 1 };
    const collected = collectTemplates(value, 'with');
    if (collected.kind === 'invalid') expect.fail('is valid');
    expect(collected.templates).toEqual([
      { path: 'with.a[1].b', template: { parts: [{ kind: 'variable', name: 'N' }] } },
      {
        path: 'with.d',
        template: { parts: [{ kind: 'reference', reference: { scope: 'source', source: 'image' } }] },
      },
    ]);
    expect(collectTemplates({ x: '${N}' })).toMatchObject({ templates: [{ path: 'x' }] });
    expect(collectTemplates('${N}')).toMatchObject({ templates: [{ path: '' }] });
  });

  it('tells every fault', () => {
    expect(collectTemplates({ a: '${', b: ['ok ${N}', '$[x]'] }, 'with')).toEqual({
      kind: 'invalid',
      errors: [
        { path: 'with.a', message: expect.stringMatching(/^at position 2: expected the name of a variable/) },
        { path: 'with.b[1]', message: expect.stringMatching(/^at position 2: expected sources\./) },
      ],
    });
  });

  it('bounds the depth', () => {
    expect(collectTemplates(nested(64, 'x')).kind).toBe('ok');
    expect(collectTemplates(nested(5000, 'x'))).toMatchObject({
      errors: [{ message: 'is nested deeper than 64 levels' }],
    });
  });
});
