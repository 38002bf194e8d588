import { describe, expect, it } from 'vitest';
import type { DeliveredEvent, VerifiedDelivery } from '../domain/delivery.ts';
import type { JsonObject } from '../domain/json.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { proven } from './proven.ts';
import type { ReceiverType } from './receiver-type.ts';

function parsed(type: ReceiverType, settings: unknown, delivery: VerifiedDelivery): DeliveredEvent | undefined {
  const read: JsonObject = type.settings?.parse(settings) ?? {};
  const answer = type.parse(delivery, { settings: read, receiver: 'ci' });
  return answer.kind === 'events' ? answer.events[0] : undefined;
}

function call(body: unknown, headers: Readonly<Record<string, string>>): VerifiedDelivery {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const raw = { headers: { 'content-type': 'application/json', ...headers }, query: {}, body: bytes, receivedAt: 0 };
  return proven(raw, { signed: true });
}

const own = { full_name: 'acme/shop' };
const workflow = (conclusion: string) =>
  call(
    {
      action: 'completed',
      repository: own,
      workflow_run: {
        id: 42,
        run_number: 7,
        path: '.github/workflows/ci.yml',
        conclusion,
        head_sha: 'abc',
        head_repository: own,
      },
    },
    { 'x-github-event': 'workflow_run' },
  );
const pipeline = (status: string) =>
  call(
    {
      object_kind: 'pipeline',
      project: { path_with_namespace: 'acme/shop' },
      object_attributes: { id: 42, status, sha: 'abc' },
    },
    {},
  );

const image = 'registry.example.com/shop:${REVISION}';
const junit = { name: 'unit', format: 'junit', artifact: 'junit', account: 'ci' };

describe('reports that a receiver is told of', () => {
  it('are those of the run, about the images that it published', () => {
    const settings = { artifacts: [{ image }], reports: [junit, { ...junit, pipeline: 'other/*', name: 'e2e' }] };
    const event = parsed(github, settings, workflow('success'));
    const from = { kind: 'github', repository: 'acme/shop', run: '42', artifact: 'junit' };
    expect(event).toMatchObject({ outcome: 'succeeded', artifacts: [{}] });
    expect(event).toHaveProperty('reports', [{ name: 'unit', format: 'junit', from, account: 'ci' }]);
  });

  it('of a failed run are about what the mapping names, which is no artifact of the build', () => {
    const event = parsed(github, { artifacts: [{ image }], reports: [junit] }, workflow('failure'));
    expect(event).toMatchObject({
      outcome: 'failed',
      artifacts: [],
      reports: [{ images: [{ reference: 'registry.example.com/shop:abc' }] }],
    });
  });

  it('of GitLab are files of a job', () => {
    const settings = { reports: [{ name: 'unit', format: 'cobertura', job: 'unit tests', path: 'out/c.xml' }] };
    const from = { kind: 'gitlab', project: 'acme/shop', pipeline: '42', job: 'unit tests', path: 'out/c.xml' };
    expect(parsed(gitlab, settings, pipeline('failed'))).toMatchObject({ reports: [{ format: 'cobertura', from }] });
  });

  it('are none where none were told of', () => {
    expect(parsed(github, {}, workflow('success'))).not.toHaveProperty('reports');
    expect(parsed(gitlab, { artifacts: [{ image: 'a.example.com/b:1' }] }, pipeline('success'))).not.toHaveProperty(
      'reports',
    );
  });

  it.each([
    [github, { ...junit, format: 'tap' }],
    [github, { ...junit, artifact: '' }],
    [github, { ...junit, path: '../x' }],
    [github, { ...junit, job: 'x' }],
    [github, { ...junit, account: 'A b' }],
    [github, { ...junit, pipeline: 'regex:(' }],
    [gitlab, { name: 'unit', format: 'junit', job: 'x' }],
    [gitlab, { name: 'unit', format: 'junit', path: 'x' }],
  ])('%#: refuses %j', (type, report) => {
    expect(type.settings?.safeParse({ reports: [report] }).success).toBe(false);
  });
});
