import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { publishedImage } from '../../test/fixtures/published-image.ts';
import type { JsonObject } from '../domain/json.ts';
import { parseWorkflowRun } from './github-workflow.ts';

const revision = '3484a3fb816e0859fd6e1cea078d76385ff50625';
const run = {
  id: 289782451,
  name: 'build',
  path: '.github/workflows/build.yml',
  run_number: 163,
  run_attempt: 1,
  event: 'push',
  status: 'completed',
  conclusion: 'success',
  head_branch: 'main',
  head_sha: revision,
  html_url: 'https://github.com/octo-org/octo-repo/actions/runs/289782451',
  run_started_at: '2026-11-20T09:33:49Z',
  updated_at: '2026-11-20T09:40:49Z',
  head_repository: { id: 1, full_name: 'octo-org/octo-repo' },
};
const hook = (change: object = {}, more: object = {}) => ({
  action: 'completed',
  workflow_run: { ...run, ...change },
  workflow: { id: 1, name: 'build', path: run.path },
  repository: { id: 1, full_name: 'octo-org/octo-repo' },
  sender: { login: '张伟' },
  ...more,
});
const parse = (body: unknown, settings: JsonObject = {}) =>
  parseWorkflowRun(new TextEncoder().encode(JSON.stringify(body)), settings);
const image = 'ghcr.io/${GITHUB_REPOSITORY}:${GITHUB_SHA}';

describe('workflow_run', () => {
  it('completed with success is a build of its workflow, with its image', () => {
    expect(parse(hook(), { artifacts: [{ image }] })).toEqual({
      kind: 'events',
      key: 'workflow_run:289782451:1:completed',
      events: [
        {
          kind: 'build',
          at: Date.UTC(2026, 10, 20, 9, 40, 49),
          pipeline: 'octo-org/octo-repo:.github/workflows/build.yml',
          build: '163',
          outcome: 'succeeded',
          branch: 'main',
          revision,
          startedAt: Date.UTC(2026, 10, 20, 9, 33, 49),
          finishedAt: Date.UTC(2026, 10, 20, 9, 40, 49),
          provenance: run.html_url,
          artifacts: [publishedImage(`ghcr.io/octo-org/octo-repo:${revision}`)],
        },
      ],
    });
  });

  it.each([
    ['success', 'succeeded'],
    ['failure', 'failed'],
    ['cancelled', 'failed'],
    ['timed_out', 'failed'],
    ['startup_failure', 'failed'],
    ['action_required', 'failed'],
    ['stale', 'failed'],
    ['neutral', undefined],
    ['skipped', undefined],
    ['something new', undefined],
    [null, undefined],
  ])('conclusion %j is %s', (conclusion, outcome) => {
    const parsed = parse(hook({ conclusion }), { artifacts: [{ image }] });
    const events = parsed.kind === 'events' ? parsed.events : [];
    expect(events.map((event) => event.kind === 'build' && event.outcome)).toEqual(
      outcome === undefined ? [] : [outcome],
    );
  });

  it.each(['requested', 'in_progress'])('%s is of no interest, and another delivery', (action) => {
    const parsed = parse({ ...hook({ conclusion: null }), action });
    expect(parsed).toEqual({ kind: 'events', events: [], key: `workflow_run:289782451:1:${action}` });
  });

  it.each([
    ['a fork', { full_name: 'stranger/octo-repo' }],
    ['a fork that is gone', null],
  ])('of %s is no evidence', (_, head_repository) => {
    expect(parse(hook({ head_repository }))).toMatchObject({ kind: 'events', events: [] });
  });

  it('takes the owner in another case for the owner', () => {
    expect(parse(hook({ head_repository: { full_name: 'Octo-Org/octo-repo' } }))).toMatchObject({ events: [{}] });
  });

  it.each([
    [{ run_attempt: 2 }, '163.2', 'workflow_run:289782451:2:completed'],
    [{ run_attempt: null }, '163', 'workflow_run:289782451:1:completed'],
    [{ run_number: null }, '289782451', 'workflow_run:289782451:1:completed'],
  ])('%j is build %s', (change, build, key) => {
    expect(parse(hook(change))).toMatchObject({ key, events: [{ build }] });
  });

  it.each([
    [{ path: '.github/workflows/build.yml@refs/heads/main' }, 'octo-org/octo-repo:.github/workflows/build.yml'],
    [{ path: null }, 'octo-org/octo-repo:.github/workflows/build.yml'],
  ])('%j is of %s', (change, pipeline) => {
    expect(parse(hook(change))).toMatchObject({ events: [{ pipeline }] });
  });

  it('without a variable that the mapping wants is refused, not guessed', () => {
    expect(parse(hook({ head_sha: null }), { artifacts: [{ image }] })).toMatchObject({
      events: [{ kind: 'build', artifacts: [] }],
      refusals: [{ event: 0, reason: 'unmappedVariable', message: expect.stringContaining('${GITHUB_SHA}') }],
    });
  });

  it('that failed needs no image', () => {
    const parsed = parse(hook({ conclusion: 'failure', head_sha: null }), { artifacts: [{ image }] });
    expect(parsed).toMatchObject({ events: [{ outcome: 'failed', artifacts: [] }] });
    expect(parsed).not.toHaveProperty('refusals');
  });

  it('takes what GitHub itself says over branch and revision of the settings', () => {
    const settings = { branch: 'other', revision: '${GITHUB_RUN_ID}' };
    expect(parse(hook(), settings)).toMatchObject({ events: [{ branch: 'main', revision }] });
    expect(parse(hook({ head_branch: null, head_sha: '' }), settings)).toMatchObject({
      events: [{ branch: 'other', revision: '289782451' }],
    });
  });

  it.each([
    [{ ...hook(), workflow_run: null }, 'workflow_run'],
    [{ ...hook(), repository: {} }, 'repository.full_name'],
    [hook({ id: 'x' }), 'workflow_run.id'],
    [hook({ path: null }, { workflow: null }), 'workflow_run.path'],
    [hook({ path: `a${'b'.repeat(256)}` }), 'pipeline'],
  ])('names what is wrong with %#', (body, names) => {
    expect(parse(body)).toMatchObject({ kind: 'malformed', message: expect.stringContaining(names) });
  });
});

const samples = new URL('../../../shared/samples/github/', import.meta.url);

describe.runIf(existsSync(samples))('real bodies', () => {
  it.each([
    ['workflow_run.completed.json', [{ pipeline: 'octo-org/octo-repo:.github/workflows/test.yml', build: '163' }]],
    ['workflow_run.requested.json', []],
  ])('%s', (file, events) => {
    expect(parseWorkflowRun(readFileSync(new URL(file, samples)), {})).toMatchObject({ kind: 'events', events });
  });
});
