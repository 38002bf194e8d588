import { describe, expect, it } from 'vitest';
import { compilePlan, stageReferences } from './compile-plan.ts';
import type { JobDefinition, PipelineDefinition, StageDefinition, StepDefinition } from './pipeline.ts';

function step(id: string, image: string): StepDefinition {
  return { id, step: 'tag', with: { image, tags: ['x'] }, when: 'success', useInternalAddress: false };
}

function job(id: string, steps: readonly StepDefinition[], needs: readonly string[] = []): JobDefinition {
  return { id, needs, when: 'success', steps };
}

function stage(id: string, jobs: readonly JobDefinition[], needs: readonly string[] = []): StageDefinition {
  return { id, needs, when: 'success', gates: [], expectedArtifacts: [], inputArtifacts: [], jobs };
}

function pipeline(...stages: StageDefinition[]): PipelineDefinition {
  return {
    name: 'shop',
    concurrency: 'parallel',
    owners: [],
    parameters: {},
    sources: {},
    expectedArtifacts: [],
    triggers: [],
    stages,
  };
}

const published = '$[stages.pre.main.deploy.artifacts.default]';

describe('compilePlan', () => {
  it('adds the stages and jobs that references name to the needs, once, after those written', () => {
    const plan = compilePlan(
      pipeline(
        stage('pre', [job('main', [step('deploy', '$[sources.image]')])]),
        stage('check', []),
        stage(
          'prod',
          [
            job('eu', [step('one', published), step('two', '$[jobs.eu.one.artifacts.default]')]),
            job('us', [step('one', `${published} $[jobs.eu.one.artifacts.default]`)], ['eu']),
            job('ap', [step('one', '$[jobs.us.one.artifacts.default] $[jobs.eu.one.artifacts.x#digest]')]),
          ],
          ['check'],
        ),
      ),
    );
    expect(plan.stages.map(({ needs }) => needs)).toEqual([[], [], ['check', 'pre']]);
    expect(plan.stages[2]?.jobs.map(({ needs }) => needs)).toEqual([[], ['eu'], ['us', 'eu']]);
  });

  it('counts from 1, in file order', () => {
    const plan = compilePlan(
      pipeline(stage('b', [job('y', [step('s', 'a'), step('r', 'a')]), job('x', [])]), stage('a', [])),
    );
    expect(plan.concurrency).toBe('parallel');
    expect(plan.stages.map(({ ordinal, id }) => [ordinal, id])).toEqual([
      [1, 'b'],
      [2, 'a'],
    ]);
    expect(plan.stages[0]?.jobs.map(({ ordinal, id }) => [ordinal, id])).toEqual([
      [1, 'y'],
      [2, 'x'],
    ]);
    expect(plan.stages[0]?.jobs[0]?.steps).toEqual([
      {
        ordinal: 1,
        id: 's',
        kind: 'tag',
        with: { image: 'a', tags: ['x'] },
        when: 'success',
        useInternalAddress: false,
      },
      {
        ordinal: 2,
        id: 'r',
        kind: 'tag',
        with: { image: 'a', tags: ['x'] },
        when: 'success',
        useInternalAddress: false,
      },
    ]);
  });

  it('passes over a text that is no template', () => {
    const plan = compilePlan(pipeline(stage('a', [job('main', [step('s', '$[broken')])])));
    expect(plan.stages[0]?.needs).toEqual([]);
  });
});

it('finds the references of a stage at any depth, in order', () => {
  const deep: StepDefinition = {
    ...step('s', '$[sources.a]'),
    with: { one: '$[sources.a.tag]', two: [{ three: 'x $[jobs.eu.one.artifacts.n] ${TAG}' }], four: 4 },
  };
  const jobs = [job('main', [deep]), job('next', [step('s', '$$[sources.no] $[sources.b]')])];
  expect(stageReferences(stage('a', jobs))).toEqual([
    { scope: 'source', source: 'a', field: 'tag' },
    { scope: 'job', job: 'eu', step: 'one', name: 'n' },
    { scope: 'source', source: 'b' },
  ]);
});
