import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ArtifactReference,
  artifactFields,
  isArtifactName,
  isIdentifier,
  isVariableName,
  parseTemplate,
  printTemplate,
  type Template,
  type TemplatePart,
  templateReferences,
  templateVariables,
} from './expression.ts';

function parsed(text: string): Template {
  const result = parseTemplate(text);
  if (result.kind === 'invalid') expect.fail(`${result.position}: ${result.message}`);
  return result.template;
}

describe('references', () => {
  it.each<[string, ArtifactReference]>([
    ['$[sources.image]', { scope: 'source', source: 'image' }],
    ['$[sources.stages]', { scope: 'source', source: 'stages' }],
    ['$[sources.a_1.tag]', { scope: 'source', source: 'a_1', field: 'tag' }],
    ['$[sources.a.metadata.x]', { scope: 'source', source: 'a', field: 'metadata.x' }],
    ['$[sources.a.metadata.org.x/y-z]', { scope: 'source', source: 'a', field: 'metadata.org.x/y-z' }],
    [
      '$[sources.up.stages.build.main.push.artifacts.default]',
      { scope: 'build', source: 'up', stage: 'build', job: 'main', step: 'push', name: 'default' },
    ],
    [
      '$[sources.up.stages.s.j.p.artifacts.a/b.c-d_e#digest]',
      { scope: 'build', source: 'up', stage: 's', job: 'j', step: 'p', name: 'a/b.c-d_e', field: 'digest' },
    ],
    [
      '$[stages.pre.main.deploy.artifacts.shop_image]',
      { scope: 'stage', stage: 'pre', job: 'main', step: 'deploy', name: 'shop_image' },
    ],
    [
      '$[stages.pre.main.deploy.artifacts.x#metadata.k.l]',
      { scope: 'stage', stage: 'pre', job: 'main', step: 'deploy', name: 'x', field: 'metadata.k.l' },
    ],
    ['$[jobs.eu.deploy.artifacts.default]', { scope: 'job', job: 'eu', step: 'deploy', name: 'default' }],
    [
      '$[jobs.eu.deploy.artifacts.Artifacts_${PIPELINE_ID}.${x.y-z}#md5]',
      { scope: 'job', job: 'eu', step: 'deploy', name: 'Artifacts_${PIPELINE_ID}.${x.y-z}', field: 'md5' },
    ],
    ['$[jobs.eu.deploy.artifacts.制品]', { scope: 'job', job: 'eu', step: 'deploy', name: '制品' }],
  ])('%s', (text, reference) => {
    expect(parsed(text)).toEqual({ parts: [{ kind: 'reference', reference }] });
    expect(printTemplate(parsed(text))).toBe(text);
  });

  it.each(artifactFields.map((field) => [field]))('the field %s', (field) => {
    expect(parsed(`$[sources.a.${field}]`).parts).toMatchObject([{ reference: { field } }]);
    expect(parsed(`$[jobs.j.s.artifacts.n#${field}]`).parts).toMatchObject([{ reference: { name: 'n', field } }]);
  });
});

describe('texts', () => {
  it.each<[string, readonly TemplatePart[]]>([
    ['', []],
    ['plain', [{ kind: 'text', text: 'plain' }]],
    ['$', [{ kind: 'text', text: '$' }]],
    ['$5 a$b $$', [{ kind: 'text', text: '$5 a$b $$' }]],
    ['] } #', [{ kind: 'text', text: '] } #' }]],
    ['$$[', [{ kind: 'text', text: '$[' }]],
    ['$${', [{ kind: 'text', text: '${' }]],
    ['$$$[', [{ kind: 'text', text: '$$[' }]],
    ['$$[sources.x]', [{ kind: 'text', text: '$[sources.x]' }]],
    ['a$${B}c', [{ kind: 'text', text: 'a${B}c' }]],
    ['${B}', [{ kind: 'variable', name: 'B' }]],
    [
      'a${B}${c.d-e}$f',
      [
        { kind: 'text', text: 'a' },
        { kind: 'variable', name: 'B' },
        { kind: 'variable', name: 'c.d-e' },
        { kind: 'text', text: '$f' },
      ],
    ],
    [
      '$${x}$[sources.i]:${T}',
      [
        { kind: 'text', text: '${x}' },
        { kind: 'reference', reference: { scope: 'source', source: 'i' } },
        { kind: 'text', text: ':' },
        { kind: 'variable', name: 'T' },
      ],
    ],
  ])('%j', (text, parts) => {
    expect(parsed(text).parts).toEqual(parts);
    expect(printTemplate(parsed(text))).toBe(text);
  });
});

describe('faults', () => {
  const scope = 'expected sources., stages. or jobs. here; write $$[ for the literal text $[';
  const id = 'a letter, then up to 63 letters, digits or _';
  const name = 'letters, digits, . _ - / and ${variables}';
  const variable = 'expected the name of a variable: a letter or _, then letters, digits, . _ or - (128 at most)';
  const fields =
    'name, type, version, reference, dockerUrl, downloadUrl, digest, tag, location, provenance, artifactAccount, md5 or metadata.KEY';
  const sourceField = `expected stages.STAGE.JOB.STEP.artifacts.NAME or a field: ${fields}`;

  it.each([
    ['$[', 2, scope],
    ['ab$[]', 4, scope],
    ['$[source.a]', 2, scope],
    ['$[sources]', 2, scope],
    ['$[ sources.a]', 2, scope],
    ['$[Sources.a]', 2, scope],
    ['$[sources.]', 10, `expected the id of a source: ${id}`],
    ['$[sources.1a]', 10, `expected the id of a source: ${id}`],
    [`$[sources.${'a'.repeat(65)}]`, 10, `expected the id of a source: ${id}`],
    ['$[sources.a', 11, 'expected ] or .FIELD after the id of the source'],
    ['$[sources.a ]', 11, 'expected ] or .FIELD after the id of the source'],
    ['$[sources.a#tag]', 11, 'expected ] or .FIELD after the id of the source'],
    ['$[sources.a.]', 12, sourceField],
    ['$[sources.a.colour]', 12, sourceField],
    ['$[sources.a.metadata]', 12, sourceField],
    ['$[sources.a.metadata.]', 21, 'expected a key of the metadata: letters, digits, . _ - /'],
    ['$[sources.a.tag', 15, 'expected ] to end the reference'],
    ['$[sources.a.tag.x]', 15, 'expected ] to end the reference'],
    ['$[sources.a.stages.]', 19, `expected the id of a stage: ${id}`],
    ['$[stages.]', 9, `expected the id of a stage: ${id}`],
    ['$[stages.s]', 10, 'expected .JOB.STEP.artifacts.NAME after the id of the stage'],
    ['$[stages.s.-]', 11, `expected the id of a job: ${id}`],
    ['$[jobs.j]', 8, 'expected .STEP.artifacts.NAME after the id of the job'],
    ['$[jobs.j.]', 9, `expected the id of a step: ${id}`],
    ['$[jobs.j.s]', 10, 'expected .artifacts.NAME after the id of the step; NAME is default where it has no name'],
    [
      '$[jobs.j.s.artifact.n]',
      10,
      'expected .artifacts.NAME after the id of the step; NAME is default where it has no name',
    ],
    ['$[jobs.j.s.artifacts.]', 21, `expected the name of an artifact: ${name}`],
    ['$[jobs.j.s.artifacts.a b]', 22, `expected ] or #FIELD; a name is ${name}`],
    ['$[jobs.j.s.artifacts.a$b]', 22, `expected ] or #FIELD; a name is ${name}`],
    ['$[jobs.j.s.artifacts.a', 22, `expected ] or #FIELD; a name is ${name}`],
    ['$[jobs.j.s.artifacts.a#]', 23, `expected a field: ${fields}`],
    ['$[jobs.j.s.artifacts.a#tag', 26, 'expected ] to end the reference'],
    ['$[jobs.j.s.artifacts.a${b]', 25, 'expected } to end ${b; write $${ for the literal text ${'],
    ['${', 2, variable],
    ['${}', 2, variable],
    ['x${1}', 3, variable],
    [`\${${'a'.repeat(129)}}`, 2, variable],
    ['${a', 3, 'expected } to end ${a; write $${ for the literal text ${'],
    ['${HOME:-x}', 6, 'expected } to end ${HOME; write $${ for the literal text ${'],
  ])('%s at %i', (text, position, message) => {
    expect(parseTemplate(text)).toEqual({ kind: 'invalid', position, message });
  });
});

const identifier = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,5}$/);
const published = {
  job: identifier,
  step: identifier,
  name: fc.stringMatching(/^([A-Za-z0-9._/-]|\$\{[A-Z_]{1,3}\}){1,6}$/),
  field: fc.constantFrom(...artifactFields, 'metadata.a.b/c-d' as const),
};
const required = ['job', 'step', 'name'] as const;

const referenceArbitrary: fc.Arbitrary<ArtifactReference> = fc.oneof(
  fc.record(
    { scope: fc.constant('source' as const), source: identifier, field: published.field },
    { requiredKeys: ['scope', 'source'] },
  ),
  fc.record(
    { scope: fc.constant('build' as const), source: identifier, stage: identifier, ...published },
    { requiredKeys: ['scope', 'source', 'stage', ...required] },
  ),
  fc.record(
    { scope: fc.constant('stage' as const), stage: identifier, ...published },
    { requiredKeys: ['scope', 'stage', ...required] },
  ),
  fc.record({ scope: fc.constant('job' as const), ...published }, { requiredKeys: ['scope', ...required] }),
);

const partArbitrary: fc.Arbitrary<TemplatePart> = fc.oneof(
  fc
    .array(fc.constantFrom('$', '[', '{', ']', '}', 'a', ' ', '$[', '${', '$$', '😀'), { minLength: 1, maxLength: 6 })
    .map((pieces) => ({ kind: 'text' as const, text: `${pieces.join('')}.` })),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,5}$/).map((name) => ({ kind: 'variable' as const, name })),
  referenceArbitrary.map((reference) => ({ kind: 'reference' as const, reference })),
);

/** Neighbouring texts are one part. */
function merged(parts: readonly TemplatePart[]): readonly TemplatePart[] {
  const result: TemplatePart[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (part.kind === 'text' && last?.kind === 'text') {
      result.splice(-1, 1, { kind: 'text', text: last.text + part.text });
    } else {
      result.push(part);
    }
  }
  return result;
}

describe('properties', () => {
  it('what is printed parses to the same template', () => {
    fc.assert(
      fc.property(fc.array(partArbitrary, { maxLength: 6 }), (parts) => {
        const template = { parts: merged(parts) };
        expect(parsed(printTemplate(template))).toEqual(template);
      }),
      { numRuns: 500 },
    );
  });

  it('every text is read or refused inside it, and what is read prints as it was', () => {
    const piece = fc.constantFrom(
      ...[
        '$',
        '[',
        '{',
        ']',
        '}',
        '.',
        '#',
        'a',
        '$[',
        '${',
        '$$[',
        'sources.a',
        'jobs.j.s.artifacts.n',
        '${B}',
        '\ud800',
      ],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (written) => {
        const result = parseTemplate(written);
        if (result.kind === 'ok') {
          expect(printTemplate(result.template)).toBe(written);
          return;
        }
        expect(result.position).toBeGreaterThanOrEqual(0);
        expect(result.position).toBeLessThanOrEqual(written.length);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['$$[', '$', '${a}', '$[jobs.j.s.artifacts.a${b}]', `$[jobs.j.s.artifacts.${'a${b}'.repeat(1000)}`])(
    'takes linear time on %s many times over',
    (piece) => {
      const started = performance.now();
      parseTemplate(piece.repeat(Math.ceil((256 * 1024) / piece.length)));
      expect(performance.now() - started).toBeLessThan(3000);
    },
  );
});

describe('what a template refers to', () => {
  const template = parsed('$[sources.a]${X}$[jobs.j.s.artifacts.${Y}-${X}]$[sources.a]');

  it('references in order, repeated ones too', () => {
    expect(templateReferences(template)).toEqual([
      { scope: 'source', source: 'a' },
      { scope: 'job', job: 'j', step: 's', name: '${Y}-${X}' },
      { scope: 'source', source: 'a' },
    ]);
  });

  it('variables, those in names too, each once', () => {
    expect(templateVariables(template)).toEqual(['X', 'Y']);
  });
});

describe('names', () => {
  it.each([
    ['a', true],
    ['A_9', true],
    ['a'.repeat(64), true],
    ['a'.repeat(65), false],
    ['_a', false],
    ['a-b', false],
    ['a\n', false],
    ['', false],
  ])('isIdentifier(%j) is %s', (text, expected) => {
    expect(isIdentifier(text)).toBe(expected);
  });

  it.each([
    ['a', true],
    ['_a.b-c', true],
    ['1a', false],
    ['a b', false],
    ['', false],
  ])('isVariableName(%j) is %s', (text, expected) => {
    expect(isVariableName(text)).toBe(expected);
  });

  it.each([
    ['shop_image', true],
    ['a/b.c-${BUILD_NUMBER}', true],
    ['a#b', false],
    ['a]', false],
    ['a${', false],
    ['', false],
  ])('isArtifactName(%j) is %s', (text, expected) => {
    expect(isArtifactName(text)).toBe(expected);
  });
});
