import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { compilePlan } from '../domain/compile-plan.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { stepKinds } from '../domain/step-kinds.ts';
import { readPipelineFile } from './pipeline-file.ts';
import { stepInputs } from './step-inputs.ts';

const engine = { stepKinds: ['directory', 'webhook', 'pipeline', 'tag'], embedded: true };
const aws = { stepKinds: ['webhook', 'pipeline', 'tag'], embedded: false };

const image = { type: 'registry', repository: 'registry.example.com/shop', on: ['push'] };
const deploy = { step: 'directory', with: { path: './site', image: '$[sources.image]' } };

function shop(over: JsonObject = {}): JsonObject {
  return { name: 'shop', sources: { image }, stages: { pre: { steps: { deploy } } }, ...over };
}

function stages(value: JsonObject): JsonObject {
  return shop({ stages: value });
}

function withGates(...gates: Json[]): JsonObject {
  return stages({ pre: { gates, steps: { deploy } } });
}

function withStep(step: JsonObject): JsonObject {
  return stages({ pre: { steps: { s: step } } });
}

function read(file: Json, on = engine) {
  return readPipelineFile(JSON.stringify(file), 'application/json', on);
}

function faults(file: Json, on = engine): readonly string[] {
  const reading = read(file, on);
  return reading.kind === 'invalid' ? reading.errors.map(({ path, message }) => `${path}: ${message}`) : [];
}

function definition(file: Json) {
  const reading = read(file);
  if (reading.kind !== 'ok') throw new Error(JSON.stringify(reading));
  return reading.definition;
}

it('has inputs for every kind of step', () => {
  expect(Object.keys(stepInputs)).toEqual(Object.keys(stepKinds));
});

describe('a file without faults', () => {
  it('gets its defaults', () => {
    expect(definition(shop())).toEqual({
      name: 'shop',
      concurrency: 'queue',
      owners: ['waybill-operators'],
      parameters: {},
      sources: { image: { ...image, order: 'pushed' } },
      expectedArtifacts: [],
      triggers: [],
      stages: [
        {
          id: 'pre',
          needs: [],
          when: 'success',
          gates: [],
          expectedArtifacts: [],
          inputArtifacts: [],
          jobs: [
            {
              id: 'main',
              needs: [],
              when: 'success',
              steps: [{ id: 'deploy', when: 'success', useInternalAddress: false, ...deploy }],
            },
          ],
        },
      ],
    });
  });

  it('is kept as written', () => {
    const file = shop({ expectedArtifacts: [], triggers: [] });
    expect(read(file)).toMatchObject({ kind: 'ok', file });
  });

  it('gives every step of a stage with useInternalAddress the same', () => {
    const own = { ...deploy, useInternalAddress: true };
    const all = definition(
      stages({ a: { useInternalAddress: true, steps: { deploy } }, b: { steps: { own, deploy } } }),
    );
    const told = all.stages.flatMap((stage) => stage.jobs.flatMap((job) => job.steps));
    expect(told.map((step) => [step.id, step.useInternalAddress])).toEqual([
      ['deploy', true],
      ['own', true],
      ['deploy', false],
    ]);
  });

  it('reads gates with defaults and durations', () => {
    const gates: readonly Json[] = [
      { verified: { environment: 'pre-release', maxAge: '30d' } },
      { scan: { maxSeverity: { critical: 0, high: 5 }, within: '30m', from: ['ecr'] } },
      { tests: { required: ['unit'], minCoverage: 80 } },
      { approval: { groups: ['release-managers'] } },
    ];
    expect(definition(withGates(...gates)).stages[0]?.gates).toEqual([
      { kind: 'verified', environment: 'pre-release', maxAge: 2_592_000_000 },
      {
        kind: 'scan',
        maxSeverity: { critical: 0, high: 5 },
        fixableOnly: false,
        graceDays: 0,
        within: 1_800_000,
        from: ['ecr'],
      },
      { kind: 'tests', required: ['unit'], minCoverage: 80, within: 0 },
      { kind: 'approval', groups: ['release-managers'], count: 1, timeout: 604_800_000, forbidSelf: false },
    ]);
  });

  it('reads sources with defaults', () => {
    const up = { type: 'pipeline', pipeline: 'shop-pre' };
    const sources = { image: { type: 'registry', repository: 'r.example.com/*' }, up, built: { ...up, build: 42 } };
    expect(definition(shop({ sources })).sources).toEqual({
      image: { type: 'registry', repository: 'r.example.com/*', on: [], order: 'pushed' },
      up: { ...up, build: 'lastSuccessfulBuild', on: [] },
      built: { ...up, build: '42', on: [] },
    });
  });

  it('is the same in YAML', () => {
    const reading = readPipelineFile(stringify(shop()), 'application/yaml', engine);
    expect(reading).toEqual(read(shop()));
  });

  it.each([
    [
      'a checkpoint',
      stages({ check: { gates: [{ approval: { groups: ['qa'] } }] }, pre: { needs: ['check'], steps: { deploy } } }),
    ],
    [
      'an earlier step of the job',
      stages({
        pre: {
          steps: { deploy, again: { ...deploy, with: { path: 'x', image: '$[jobs.main.deploy.artifacts.default]' } } },
        },
      }),
    ],
    [
      'another job',
      stages({
        pre: {
          jobs: {
            b: { steps: { s: { step: 'tag', with: { image: '$[jobs.a.deploy.artifacts.x]', tags: ['t'] } } } },
            a: { steps: { deploy } },
          },
        },
      }),
    ],
    [
      'a build of a pipeline source',
      shop({
        sources: { image, up: { type: 'pipeline', pipeline: 'u' } },
        stages: {
          pre: {
            steps: {
              s: {
                step: 'tag',
                with: { image: '$[sources.up.stages.build.main.build.artifacts.default]', tags: ['${BUILD_NUMBER}'] },
              },
            },
          },
        },
      }),
    ],
    [
      'a callback',
      withStep({
        step: 'webhook',
        with: {
          url: 'https://x.example.com/${PIPELINE_NAME}',
          body: { to: '${CALLBACK_URL}', n: [1, null] },
          wait: { timeout: '2h' },
        },
      }),
    ],
    [
      'parameters',
      {
        ...withStep({
          step: 'webhook',
          with: { url: 'https://x.example.com/', headers: { 'x-count': '${replicas}' } },
        }),
        parameters: { replicas: '2' },
      },
    ],
    [
      'a pipeline that waits',
      withStep({
        step: 'pipeline',
        with: { pipeline: 'other', wait: true, artifacts: ['$[sources.image]'], parameters: { a: '${TAG}' } },
      }),
    ],
    ['its own last build', shop({ sources: { image, mine: { type: 'pipeline', pipeline: 'shop' } } })],
    [
      'an escape',
      withStep({ step: 'webhook', with: { url: 'https://x.example.com/', body: '$${NOBODY} $$[sources.nope]' } }),
    ],
    ['a severity that scanners use', withGates({ scan: { maxSeverity: { untriaged: 0 } } })],
  ])('%s', (_name, file) => {
    expect(faults(file)).toEqual([]);
  });
});

describe('one fault', () => {
  it.each([
    ['name', shop({ name: 'Shop' }), 'name: A name is'],
    ['no name', { stages: { pre: { steps: { deploy } } }, sources: { image } }, 'name: This is required.'],
    ['a key', shop({ stage: {} }), 'stage: There is no such key'],
    ['no stages', shop({ stages: {} }), 'stages: at least one stage'],
    ['sources as a list', { ...stages({ a: {} }), sources: [] }, 'sources: '],
    ['owners', shop({ owners: [] }), 'owners: Name at least one group.'],
    ['an owner', shop({ owners: ['a b'] }), 'owners[0]: A group'],
    ['concurrency', shop({ concurrency: 'serial' }), 'concurrency: '],
    ['a parameter that is no text', shop({ parameters: { replicas: 2 } }), 'parameters.replicas: A parameter is text'],
    ['a parameter’s name', shop({ parameters: { 'a b': 'x' } }), 'parameters["a b"]: A parameter is'],
    ['a parameter that is built in', shop({ parameters: { TAG: 'x' } }), 'parameters.TAG: ${TAG} is built in'],
    ['retention', shop({ retention: { days: 0 } }), 'retention.days: '],
    ['expectedArtifacts', shop({ expectedArtifacts: {} }), 'expectedArtifacts: '],
    [
      'useInternalAddress',
      stages({ a: { useInternalAddress: 'yes', steps: { deploy } } }),
      'stages.a.useInternalAddress: ',
    ],
    ['triggers', shop({ triggers: [{}] }), 'triggers[0].type: This is required.'],
    ['inputArtifacts', stages({ pre: { inputArtifacts: 'x', steps: { deploy } } }), 'stages.pre.inputArtifacts: '],
    [
      'a source type',
      shop({ sources: { image, x: { type: 'git' } } }),
      'sources.x.type: A source is of type registry, pipeline or artifact.',
    ],
    [
      'an artifact source',
      shop({ sources: { image, x: { type: 'artifact', artifactType: 'docker/image', name: 'r.io/shop' } } }),
      'sources.x.artifactType: An image comes from a source of type registry.',
    ],
    ['a source’s id', shop({ sources: { image, 'x-y': image } }), 'sources["x-y"]: An id is'],
    [
      'a repository',
      shop({ sources: { image: { ...image, repository: 'Shop' } } }),
      'sources.image.repository: A repository is',
    ],
    [
      'a repository without host',
      shop({ sources: { image: { ...image, repository: 'team/shop' } } }),
      'sources.image.repository: A repository is',
    ],
    [
      'a pattern',
      shop({ sources: { image: { ...image, tags: { include: ['ok', 'regex:('] } } } }),
      'sources.image.tags.include[1]: "regex:("',
    ],
    [
      'a range',
      shop({ sources: { image: { ...image, tags: { exclude: ['semver:x.y.z.w'] } } } }),
      'sources.image.tags.exclude[0]: "semver:',
    ],
    [
      'an empty list of patterns',
      shop({ sources: { image: { ...image, tags: { include: [] } } } }),
      'sources.image.tags.include: An empty list',
    ],
    [
      'a default',
      shop({ sources: { image: { ...image, default: { tag: 'a b' } } } }),
      'sources.image.default.tag: This is no tag.',
    ],
    ['what it listens on', shop({ sources: { image: { ...image, on: ['buildSuccess'] } } }), 'sources.image.on[0]: '],
    [
      'its own success',
      shop({ sources: { image, me: { type: 'pipeline', pipeline: 'shop', on: ['buildSuccess'] } } }),
      'sources.me.on: each success',
    ],
    ['a stage’s id', stages({ 'pre-1': { steps: { deploy } } }), 'stages["pre-1"]: An id is'],
    [
      'steps and jobs',
      stages({ pre: { steps: { deploy }, jobs: { x: { steps: { deploy } } } } }),
      'stages.pre: Write steps or jobs',
    ],
    ['a job without steps', stages({ pre: { jobs: { x: {} } } }), 'stages.pre.jobs.x.steps: at least one step'],
    ['no steps', stages({ pre: { steps: {} } }), 'stages.pre.steps: at least one step'],
    ['environment', stages({ pre: { environment: 'Pre', steps: { deploy } } }), 'stages.pre.environment: A name is'],
    ['when', stages({ pre: { when: 'never', steps: { deploy } } }), 'stages.pre.when: '],
    [
      'a need',
      stages({ pre: { needs: ['nope'], steps: { deploy } } }),
      'stages.pre.needs[0]: there is no "nope" to need',
    ],
    [
      'a job’s need',
      stages({ pre: { jobs: { x: { needs: ['y'], steps: { deploy } } } } }),
      'stages.pre.jobs.x.needs[0]: there is no "y" to need',
    ],
    [
      'a cycle',
      stages({ a: { needs: ['b'] }, b: { needs: ['a'] } }),
      'stages.a.needs: cycle, references included: a needs b needs a',
    ],
    ['itself', stages({ a: { needs: ['a'] } }), 'stages.a.needs: cycle, references included: a needs a'],
    [
      'a cycle of jobs',
      stages({ a: { jobs: { x: { needs: ['y'], steps: { deploy } }, y: { needs: ['x'], steps: { deploy } } } } }),
      'stages.a.jobs.x.needs: cycle, references included: x needs y needs x',
    ],
    [
      'a cycle by a reference',
      stages({
        a: { steps: { s: { step: 'tag', with: { image: '$[stages.b.main.deploy.artifacts.default]', tags: ['t'] } } } },
        b: { needs: ['a'], steps: { deploy } },
      }),
      'stages.a.needs: cycle, references included: a needs b needs a',
    ],
    ['a gate', withGates({ manual: {} }), 'stages.pre.gates[0].manual: There is no such gate'],
    [
      'two gates in one',
      withGates({ approval: { groups: ['a'] }, tests: { required: ['a'] } }),
      'stages.pre.gates[0]: A gate is an object with one key',
    ],
    ['a gate that is text', withGates('approval'), 'stages.pre.gates[0]: A gate is an object with one key'],
    ['a gate without value', withGates({ approval: null }), 'stages.pre.gates[0].approval: '],
    ['a count', withGates({ approval: { groups: ['qa'], count: 0 } }), 'stages.pre.gates[0].approval.count: '],
    [
      'a count too high',
      withGates({ approval: { groups: ['qa'], count: 21 } }),
      'stages.pre.gates[0].approval.count: ',
    ],
    [
      'no groups',
      withGates({ approval: { groups: [] } }),
      'stages.pre.gates[0].approval.groups: Name at least one group.',
    ],
    [
      'a timeout',
      withGates({ approval: { groups: ['qa'], timeout: '1 week' } }),
      'stages.pre.gates[0].approval.timeout: A duration is',
    ],
    [
      'a timeout as a number',
      withGates({ approval: { groups: ['qa'], timeout: 60 } }),
      'stages.pre.gates[0].approval.timeout: A duration is text',
    ],
    [
      'a timeout of nothing',
      withGates({ approval: { groups: ['qa'], timeout: '0s' } }),
      'stages.pre.gates[0].approval.timeout: It must be longer',
    ],
    [
      'a misspelt severity',
      withGates({ scan: { maxSeverity: { critcal: 0 } } }),
      'stages.pre.gates[0].scan.maxSeverity.critcal: There is no such severity',
    ],
    [
      'no severity',
      withGates({ scan: { maxSeverity: {} } }),
      'stages.pre.gates[0].scan.maxSeverity: Limit at least one',
    ],
    ['no tests', withGates({ tests: {} }), 'stages.pre.gates[0].tests: Ask for required tests'],
    ['coverage', withGates({ tests: { minCoverage: 101 } }), 'stages.pre.gates[0].tests.minCoverage: '],
    [
      'a verified environment',
      withGates({ verified: { environment: '' } }),
      'stages.pre.gates[0].verified.environment: A name is',
    ],
    ['a step without kind', withStep({ with: {} }), 'stages.pre.steps.s.step: This is required.'],
    ['a step that is text', withStep({ step: 'tag', with: 'x' }), 'stages.pre.steps.s.with: '],
    [
      'an unknown kind',
      withStep({ step: 'rocket' }),
      'stages.pre.steps.s.step: stepNotAvailable: there is no step "rocket"',
    ],
    ['publishes', withStep({ ...deploy, publishes: 'shop_${TAG}' }), 'stages.pre.steps.s.publishes: A name is'],
    [
      'an input',
      withStep({ step: 'directory', with: { path: './x', image: '$[sources.image]', force: true } }),
      'stages.pre.steps.s.with.force: There is no such key',
    ],
    [
      'a wrong type',
      withStep({ step: 'directory', with: { path: 1, image: '$[sources.image]' } }),
      'stages.pre.steps.s.with.path: ',
    ],
    [
      'no image',
      withStep({ step: 'directory', with: { path: './x' } }),
      'stages.pre.steps.s.with.image: This is required.',
    ],
    [
      'a platform',
      withStep({ step: 'directory', with: { path: './x', image: '$[sources.image]', platform: 'arm' } }),
      'stages.pre.steps.s.with.platform: A platform is',
    ],
    [
      'a tag as image',
      withStep({ step: 'tag', with: { image: 'r.example.com/shop:1', tags: ['x'] } }),
      'stages.pre.steps.s.with.image: digestRequired: a tag is never deployed',
    ],
    [
      'a tag',
      withStep({ step: 'tag', with: { image: '$[sources.image]', tags: ['a b'] } }),
      'stages.pre.steps.s.with.tags[0]: This is no tag.',
    ],
    ['a URL', withStep({ step: 'webhook', with: { url: 'ftp://x' } }), 'stages.pre.steps.s.with.url: A URL is'],
    [
      'a password in a URL',
      withStep({ step: 'webhook', with: { url: 'https://a:b@x.example.com' } }),
      'stages.pre.steps.s.with.url: A URL is',
    ],
    [
      'a header of our own',
      withStep({ step: 'webhook', with: { url: 'https://x.example.com', headers: { 'Webhook-Id': 'x' } } }),
      'stages.pre.steps.s.with.headers["Webhook-Id"]: This header is set by',
    ],
    [
      'a header of two lines',
      withStep({ step: 'webhook', with: { url: 'https://x.example.com', headers: { a: 'x\r\nb: y' } } }),
      'stages.pre.steps.s.with.headers.a: A header is one line.',
    ],
    [
      'wait',
      withStep({ step: 'webhook', with: { url: 'https://x.example.com', wait: { timeout: 'soon' } } }),
      'stages.pre.steps.s.with.wait.timeout: A timeout is',
    ],
    [
      'starting itself',
      withStep({ step: 'pipeline', with: { pipeline: 'shop' } }),
      'stages.pre.steps.s.with.pipeline: a pipeline cannot start itself',
    ],
    [
      'a pipeline by variable',
      withStep({ step: 'pipeline', with: { pipeline: '${TAG}' } }),
      'stages.pre.steps.s.with.pipeline: A name is',
    ],
    [
      'an artifact by text',
      withStep({ step: 'pipeline', with: { pipeline: 'other', artifacts: ['shop'] } }),
      'stages.pre.steps.s.with.artifacts[0]: An artifact is one reference',
    ],
  ])('%s', (_name, file, expected) => {
    const found = faults(file);
    expect(found.map((fault) => fault.slice(0, expected.length))).toEqual([expected]);
  });

  const body = (text: string, wait?: JsonObject) =>
    withStep({
      step: 'webhook',
      with: { url: 'https://x.example.com', body: { at: [text] }, ...(wait ? { wait } : {}) },
    });

  it.each([
    ['$[sources.nope]', 'unknown source "nope"; there is image'],
    ['$[sources.image.stages.a.b.c.artifacts.d]', 'source "image" has no stages'],
    ['$[stages.nope.a.b.artifacts.c]', 'unknown stage "nope"; there is pre'],
    ['$[stages.pre.main.s.artifacts.c]', '$[stages.pre.main.s.artifacts.c] is in its own stage'],
    ['$[jobs.nope.s.artifacts.c]', 'stage "pre" has no job "nope"; there is main'],
    ['$[jobs.main.nope.artifacts.c]', 'job "main" of stage "pre" has no step "nope"; there is s'],
    ['$[jobs.main.s.artifacts.c]', '$[jobs.main.s.artifacts.c] is this step itself'],
    ['$[jobs.main.s.artifacts.${NOPE}]', 'unknown variable ${NOPE}'],
    ['${NOPE}', 'unknown variable ${NOPE}: neither a parameter nor built in'],
    ['${constructor}', 'unknown variable ${constructor}'],
    ['${CALLBACK_URL}', '${CALLBACK_URL} exists only in a webhook step with wait'],
    ['$[sources.image', 'at position 15: expected ]'],
    ['$[builds.x]', 'at position 2: expected sources.'],
  ])('%s', (text, message) => {
    const found = faults(body(text));
    expect(found.filter((fault) => fault.startsWith(`stages.pre.steps.s.with.body.at[0]: ${message}`))).toHaveLength(1);
  });

  it('names at most ten of what there is', () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`x${at}`, image]));
    const file = shop({ sources: many, stages: { pre: { steps: { deploy } }, check: {} } });
    expect(faults(file)[0]).toMatch(/unknown source "image"; there is x0, .*x9, …$/);
    const to = { ...deploy, with: { path: 'x', image: '$[stages.check.main.s.artifacts.a]' } };
    expect(faults(stages({ pre: { steps: { to } }, check: {} }))[0]).toMatch(/has no job "main"; there is none$/);
  });

  it('has a callback where it waits', () => {
    expect(faults(body('${CALLBACK_URL}', { timeout: '1h' }))).toEqual([]);
  });

  it('of a later step, at the path of jobs', () => {
    const early = { ...deploy, with: { path: 'x', image: '$[jobs.x.deploy.artifacts.default]' } };
    expect(faults(stages({ pre: { jobs: { x: { steps: { early, deploy } } } } }))).toEqual([
      'stages.pre.jobs.x.steps.early.with.image: $[jobs.x.deploy.artifacts.default] is a later step of this job',
    ]);
  });
});

describe('codes', () => {
  const hooks = (count: number, wait: string) => {
    const step = { step: 'webhook', with: { url: 'https://x.example.com', wait: { timeout: wait } } };
    return stages({ pre: { steps: Object.fromEntries(Array.from({ length: count }, (_, at) => [`s${at}`, step])) } });
  };

  it.each([
    ['directory on AWS', shop(), aws, ['stepNotAvailable']],
    ['directory here', shop(), engine, []],
    ['a kind that this engine was built without', shop(), { ...engine, stepKinds: ['tag'] }, ['stepNotAvailable']],
    ['a literal tag', withStep({ step: 'tag', with: { image: 'nginx:1', tags: ['x'] } }), engine, ['digestRequired']],
    ['35 long waits', hooks(35, '2d'), engine, []],
    ['36 long waits', hooks(36, '2d'), engine, ['planTooLarge']],
    ['69 short waits', hooks(69, '1d'), engine, []],
    ['70 short waits', hooks(70, '1d'), engine, ['planTooLarge']],
  ])('%s', (_name, file, on, codes) => {
    const reading = read(file, on);
    expect(reading.kind === 'invalid' ? reading.errors.map(({ code }) => code) : []).toEqual(codes);
  });
});

describe('limits', () => {
  const many = (count: number, value: Json) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`x${at}`, value]));
  const jobs = (count: number) => stages({ pre: { jobs: many(count, { steps: { deploy } }) } });
  const steps = (count: number) => stages({ pre: { steps: many(count, deploy) } });

  it.each([
    ['40 stages', stages(many(40, {})), []],
    ['41 stages', stages(many(41, {})), ['stages: 41 stages, at most 40 are allowed']],
    ['40 jobs', jobs(40), []],
    ['41 jobs', jobs(41), ['stages.pre.jobs: 41 jobs in a stage, at most 40 are allowed']],
    ['500 steps', steps(500), []],
    ['501 steps', steps(501), ['stages: 501 steps in all, at most 500 are allowed']],
    ['100 sources', shop({ sources: { image, ...many(99, image) } }), []],
    [
      '101 sources',
      shop({ sources: { image, ...many(100, image) } }),
      ['sources: 101 sources, at most 100 are allowed'],
    ],
  ])('%s', (_name, file, expected) => {
    expect(faults(file)).toEqual(expected);
  });

  it('of the answer', () => {
    expect(faults(stages(many(1_000, { needs: ['a', 'b'] })))).toHaveLength(200);
  });
});

describe('all faults at once', () => {
  it('between and inside blocks', () => {
    const file = shop({
      sources: { image: { ...image, tags: { include: ['regex:('] } } },
      stages: {
        pre: { steps: { deploy: { ...deploy, with: { path: './x', image: '$[sources.nope]' } } } },
        prod: { needs: ['nope'], when: 'never', steps: { deploy: { ...deploy, extra: 1 } } },
      },
    });
    expect(faults(file).map((fault) => fault.split(': ')[0])).toEqual([
      'sources.image.tags.include[0]',
      'stages.prod.when',
      'stages.prod.steps.deploy.extra',
      'stages.prod.needs[0]',
      'stages.pre.steps.deploy.with.image',
    ]);
  });

  it('calls a source unknown only if it was not written', () => {
    expect(faults(shop({ sources: { image: { type: 'git' } } }))).toHaveLength(1);
  });

  it('several faulty texts of one step', () => {
    const file = withStep({ step: 'webhook', with: { url: 'https://x.example.com/${A}', body: ['$[', '${B}'] } });
    expect(faults(file).map((fault) => fault.split(': ')[0])).toEqual([
      'stages.pre.steps.s.with.body[0]',
      'stages.pre.steps.s.with.url',
      'stages.pre.steps.s.with.body[1]',
    ]);
  });

  it('keys written twice beside others', () => {
    const text = JSON.stringify(shop({ when: 1 })).replace('"name"', '"name":"x","name"');
    const reading = readPipelineFile(text, 'application/json', engine);
    expect(reading).toMatchObject({ kind: 'invalid', errors: [{ path: 'name' }, { path: 'when' }] });
  });
});

it.each(['null', '[]', '"x"', '1'])('%s is no file', (text) => {
  expect(readPipelineFile(text, 'application/json', engine)).toMatchObject({ kind: 'invalid', errors: [{ path: '' }] });
});

it.each([
  ['text/plain', '{}', 'unsupported'],
  ['application/json', '{', 'malformed'],
  ['application/yaml', 'a: [', 'malformed'],
  ['application/yaml', '#'.repeat(300_000), 'tooLarge'],
])('%s %#: %3$s', (mediaType, body, kind) => {
  expect(readPipelineFile(body, mediaType, engine).kind).toBe(kind);
});

describe('totality', () => {
  const words = fc.constantFrom(
    'name',
    'sources',
    'stages',
    'pre',
    'prod',
    'steps',
    'jobs',
    'needs',
    'gates',
    'approval',
    'scan',
    'with',
    'step',
    'image',
    'type',
    'registry',
    'directory',
    'wait',
    'timeout',
    'constructor',
    'toString',
    'shop',
    '$[sources.image]',
    '$[jobs.main.pre.artifacts.default]',
    '${TAG}',
    '7d',
    'main',
  );
  const { tree } = fc.letrec<{ tree: Json }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(words, fc.integer(), fc.boolean(), fc.constant(null), fc.string()),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(words, tie('tree'), { maxKeys: 4 }),
    ),
  }));

  it('reads anything', () => {
    fc.assert(
      fc.property(fc.oneof(tree, fc.dictionary(words, tree)), (file) => {
        const reading = read(file);
        expect(['ok', 'invalid']).toContain(reading.kind);
        if (reading.kind === 'invalid') expect(reading.errors.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('reads any mutation of a sound file, and compiles what it takes', () => {
    const paths = [
      ['name'],
      ['sources', 'image'],
      ['stages', 'pre'],
      ['stages', 'pre', 'steps'],
      ['stages', 'pre', 'steps', 'deploy', 'with'],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...paths), words, tree, (path, key, value) => {
        const reading = read(mutated(shop(), [...path, key], value));
        expect(['ok', 'invalid']).toContain(reading.kind);
        if (reading.kind === 'ok') expect(compilePlan(reading.definition).stages.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});

function mutated(value: Json, path: readonly string[], put: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return put;
  const inner = Object.hasOwn(value, key) ? Object.fromEntries(Object.entries(value))[key] : undefined;
  return { ...value, [key]: rest.length === 0 || inner === undefined ? put : mutated(inner, rest, put) };
}
