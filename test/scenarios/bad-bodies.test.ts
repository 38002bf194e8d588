import { invalid, invalidUtf8, malformed, shop, useRefusals } from '../fixtures/refusals.ts';

const { table } = useRefusals();
const createToken = { path: '/v1/tokens' } as const;

table('JSON', {
  'cut off': { ...createToken, ...malformed, body: '{"subject":', says: /JSON/ },
  'no JSON at all': { ...createToken, ...malformed, body: 'subject=alice', says: /JSON/ },
  'a comma too many': { ...createToken, ...malformed, body: '{"subject":"a","groups":[],}', says: /JSON/ },
  empty: { ...createToken, ...malformed, body: '', headers: { 'content-type': 'application/json' } },
  'bytes that are not UTF-8': { ...createToken, ...malformed, body: invalidUtf8, says: /UTF-8/ },
  'nested beyond reason': {
    ...createToken,
    ...malformed,
    body: `${'['.repeat(200)}${']'.repeat(200)}`,
    says: /nested/,
  },
  'nested a hundred thousand deep': { ...createToken, ...malformed, body: '['.repeat(100_000), says: /nested/ },
  'an array': { ...createToken, ...invalid, body: '[]' },
  'a number': { ...createToken, ...invalid, body: '1' },
  null: { ...createToken, ...invalid, body: 'null' },
  'an unknown key': { ...createToken, ...invalid, body: { subject: 'a', groups: [], color: 1 }, faults: ['color'] },
  'a key called __proto__': {
    ...createToken,
    ...invalid,
    body: '{"subject":"a","groups":[],"__proto__":{"groups":["waybill-admins"]}}',
    faults: ['__proto__'],
  },
  'wrong types': { ...createToken, ...invalid, body: { subject: 1, groups: 'a' }, faults: ['subject', 'groups'] },
  'a wrong type inside': {
    ...createToken,
    ...invalid,
    body: { subject: 'a', groups: ['b', 1] },
    faults: ['groups[1]'],
  },
  'nothing of what is needed': { ...createToken, ...invalid, body: {}, faults: ['subject', 'groups'] },
  'a date of another language': {
    ...createToken,
    ...invalid,
    body: { subject: 'a', groups: [], expiresIn: '90 days' },
    faults: ['expiresIn'],
  },
  'a duration beyond all time': {
    ...createToken,
    ...invalid,
    body: { subject: 'a', groups: [], expiresIn: '99999999999999d' },
    faults: ['expiresIn'],
  },
  'another media type': {
    ...createToken,
    body: '{}',
    headers: { 'content-type': 'text/plain' },
    status: 415,
    code: 'unsupportedMediaType',
    says: /application\/json/,
  },
  'no media type': {
    ...createToken,
    body: Buffer.from('{}'),
    headers: { 'content-type': '' },
    status: 415,
    code: 'unsupportedMediaType',
  },
  'over 1 MiB': { ...createToken, body: 'x'.repeat(1024 * 1024 + 1), status: 413, code: 'tooLarge', says: /1048576/ },
  'a subject with half a surrogate pair': {
    ...createToken,
    ...malformed,
    body: '{"subject":"\\ud800","groups":[]}',
    says: /surrogate/,
  },
  'a subject with a zero byte': {
    ...createToken,
    ...invalid,
    body: '{"subject":"a\\u0000","groups":[]}',
    faults: ['subject'],
  },
});

const putShop = { method: 'PUT', path: '/v1/pipelines/bad' } as const;
const yaml = { 'content-type': 'application/yaml' };
const withStages = (stages: unknown) => ({ ...shop, name: 'bad', stages });
const deploy = (image: string) => ({ deploy: { step: 'directory', with: { path: 'x', image } } });

table('pipeline files', {
  'YAML that is none': { ...putShop, ...malformed, body: 'a: [', headers: yaml, says: /YAML.*line 1/ },
  'YAML with a tab': { ...putShop, ...malformed, body: 'a:\n\t- b\n', headers: yaml, says: /line 2/ },
  'YAML that is not UTF-8': { ...putShop, ...malformed, body: invalidUtf8, headers: yaml, says: /UTF-8/ },
  'JSON that is not UTF-8': { ...putShop, ...malformed, body: invalidUtf8, says: /UTF-8/ },
  'JSON that is none': { ...putShop, ...malformed, body: '{"name":', says: /JSON/ },
  'a billion laughs': {
    ...putShop,
    ...malformed,
    body: `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'.replace(/./g, (c) => `${c}: &${c} [${`*${String.fromCharCode(c.charCodeAt(0) - 1)},`.repeat(9)}]\n`)}`,
    headers: yaml,
  },
  'two documents': { ...putShop, ...malformed, body: 'a: 1\n---\nb: 2\n', headers: yaml },
  'a tag of another language': { ...putShop, ...malformed, body: 'a: !!js/function "f"\n', headers: yaml },
  'over 256 KiB': { ...putShop, body: `# ${'x'.repeat(256 * 1024)}`, headers: yaml, status: 413, code: 'tooLarge' },
  'another media type': {
    ...putShop,
    body: 'a: 1',
    headers: { 'content-type': 'text/html' },
    status: 415,
    code: 'unsupportedMediaType',
    says: /application\/yaml/,
  },
  'a list': { ...putShop, ...invalid, body: '[]' },
  nothing: { ...putShop, ...invalid, body: '{}', faults: ['name', 'stages'] },
  'another name than the path': { ...putShop, ...invalid, body: { ...shop, name: 'other' }, faults: ['name'] },
  'a name that is none': {
    ...putShop,
    path: '/v1/pipelines/Bad_Name',
    ...invalid,
    body: { ...shop, name: 'Bad_Name' },
  },
  'a key that is none, at the top and below': {
    ...putShop,
    ...invalid,
    body: { ...withStages({ pre: { stepz: {}, steps: deploy('$[sources.image]') } }), colour: 1 },
    faults: ['colour', 'stages.pre.stepz'],
  },
  'wrong types': {
    ...putShop,
    ...invalid,
    body: { ...shop, name: 'bad', description: 1, owners: 'team-a' },
    faults: ['description', 'owners'],
  },
  'stages that need each other': {
    ...putShop,
    ...invalid,
    body: withStages({
      a: { needs: ['b'], steps: deploy('$[sources.image]') },
      b: { needs: ['a'], steps: deploy('$[sources.image]') },
    }),
    says: /cycle|each other|circle|itself/i,
  },
  'a stage that needs itself': {
    ...putShop,
    ...invalid,
    body: withStages({ a: { needs: ['a'], steps: deploy('$[sources.image]') } }),
    says: /stages\.a/,
  },
  'a cycle made of references': {
    ...putShop,
    ...invalid,
    body: withStages({
      a: { steps: deploy('$[stages.b.main.deploy.artifacts.default]') },
      b: { steps: deploy('$[stages.a.main.deploy.artifacts.default]') },
    }),
    says: /stages\.[ab]/,
  },
  'a need that is nowhere': {
    ...putShop,
    ...invalid,
    body: withStages({ a: { needs: ['nowhere'], steps: deploy('$[sources.image]') } }),
    says: /nowhere/,
  },
  'a source that is nowhere': {
    ...putShop,
    ...invalid,
    body: withStages({ a: { steps: deploy('$[sources.nowhere]') } }),
    says: /nowhere/,
  },
  'a reference that is cut off': {
    ...putShop,
    ...invalid,
    body: withStages({ a: { steps: deploy('$[sources.') } }),
    says: /stages\.a\.steps\.deploy\.with\.image/,
  },
  'a kind of step that is none': {
    ...putShop,
    status: 422,
    code: 'stepNotAvailable',
    body: withStages({ a: { steps: { go: { step: 'teleport', with: {} } } } }),
    says: /stages\.a\.steps\.go/,
  },
  'an input that is none': {
    ...putShop,
    ...invalid,
    body: withStages({
      a: { steps: { go: { step: 'directory', with: { path: 'x', image: '$[sources.image]', y: 1 } } } },
    }),
    says: /stages\.a\.steps\.go\.with\.y/,
  },
  'a pattern without end': {
    ...putShop,
    ...invalid,
    body: { ...shop, name: 'bad', sources: { image: { ...shop.sources.image, tags: { include: ['regex:('] } } } },
    says: /sources\.image\.tags\.include/,
  },
  'a pattern that backtracks': {
    ...putShop,
    ...invalid,
    body: { ...shop, name: 'bad', sources: { image: { ...shop.sources.image, tags: { include: ['regex:(a)\\1'] } } } },
    says: /sources\.image\.tags\.include/,
  },
  'a version range that is none': {
    ...putShop,
    ...invalid,
    body: {
      ...shop,
      name: 'bad',
      sources: { image: { ...shop.sources.image, tags: { include: ['semver:>=x.y.z.q'] } } },
    },
    says: /sources\.image\.tags\.include/,
  },
  'a repository that is none': {
    ...putShop,
    ...invalid,
    body: { ...shop, name: 'bad', sources: { image: { type: 'registry', repository: 'https://x/y' } } },
    says: /sources\.image\.repository/,
  },
  'a gate that is none': {
    ...putShop,
    ...invalid,
    body: withStages({ a: { gates: [{ luck: {} }], steps: deploy('$[sources.image]') } }),
    says: /stages\.a\.gates\[0\]/,
  },
  'an approval of nobody': {
    ...putShop,
    ...invalid,
    body: withStages({
      a: { gates: [{ approval: { groups: [], timeout: '7 days' } }], steps: deploy('$[sources.image]') },
    }),
    says: /stages\.a\.gates\[0\]\.approval\.groups/,
  },
  'too many stages': {
    ...putShop,
    ...invalid,
    body: withStages(
      Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`s${i}`, { steps: deploy('$[sources.image]') }])),
    ),
    says: /40/,
  },
  'owners that the caller is not of': {
    ...putShop,
    body: { ...shop, name: 'bad', owners: ['team-a'] },
    token: 'stranger',
    status: 403,
    code: 'forbidden',
  },
});
