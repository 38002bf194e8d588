import { describe, expect, it } from 'vitest';
import type { Artifact } from '../domain/artifact.ts';
import type { Digest } from '../domain/digest.ts';
import { parseDigest } from '../domain/digest.ts';
import type { Execution, LedgerNode } from '../domain/execution.ts';
import type { Plan } from '../domain/plan.ts';
import { execution as executionSchema, listedExecution } from './executions.ts';
import { presentExecution, presentListedExecution } from './present-execution.ts';

function digest(char: string): Digest {
  const found = parseDigest(`sha256:${char.repeat(64)}`);
  if (found === undefined) throw new Error('no digest');
  return found;
}

const artifact: Artifact = {
  type: 'docker/image',
  name: 'r.example.com/shop',
  version: digest('a'),
  reference: `r.example.com/shop@${digest('a')}`,
  metadata: { tags: ['1.0'] },
  uuid: 'u',
};
const execution: Execution = {
  id: 'e',
  pipeline: 'shop',
  pipelineVersion: '0123456789ab',
  attempt: 1,
  machine: 'e',
  status: 'running',
  trigger: { type: 'push', receiver: 'ci', deliveryId: 'd', event: 0, artifacts: [artifact] },
  order: '000000000000000-00000000',
  parameters: { replicas: '2' },
  bound: [
    { id: 'image', artifact, from: 'received' },
    { id: 'image2', artifact: { ...artifact, uuid: 'u2' }, from: 'default' },
  ],
  buildNumber: 3,
  createdAt: Date.UTC(2026, 10, 20),
  rev: 1,
};
const step = { ordinal: 1, id: 'deploy', kind: 'directory', when: 'success', useInternalAddress: false } as const;
const job = { ordinal: 1, id: 'main', needs: [], when: 'success' } as const;
const stage = { needs: [], when: 'success', gates: [], expectedArtifacts: [], inputArtifacts: [] } as const;
const plan: Plan = {
  concurrency: 'queue',
  stages: [
    {
      ...stage,
      ordinal: 1,
      id: 'pre',
      environment: 'p',
      jobs: [{ ...job, steps: [{ ...step, with: { image: '$[sources.image]' } }] }],
    },
    {
      ...stage,
      ordinal: 2,
      id: 'prod',
      jobs: [{ ...job, steps: [{ ...step, with: { a: ['$[sources.image2.digest]'] } }] }],
    },
  ],
};

function node(fields: Partial<LedgerNode> & { readonly name: string }): LedgerNode {
  return { execution: 'e', attempt: 1, status: 'running', rev: 1, ...fields };
}

function present(...nodes: readonly LedgerNode[]) {
  return presentExecution({ execution, plan, nodes });
}

describe('presentExecution', () => {
  it('fits the contract, nothing run and everything run', () => {
    const nodes = [
      node({ name: 'pre', gates: [{ kind: 'scan', status: 'allowed', at: 1 }], startedAt: 1, endedAt: 2 }),
      node({ name: 'pre/main' }),
      node({ name: 'pre/main/deploy', wanted: digest('a'), observed: digest('a'), artifacts: [{ artifact }] }),
    ];
    for (const shown of [present(), present(...nodes)]) {
      const wire: unknown = JSON.parse(JSON.stringify(shown));
      expect(executionSchema.strict().safeParse(wire).error).toBeUndefined();
    }
    const listed: unknown = JSON.parse(JSON.stringify(presentListedExecution(execution)));
    expect(listedExecution.strict().safeParse(listed).error).toBeUndefined();
  });

  it('leaves the body of a webhook out of lists, and shows it where one is asked for', () => {
    const trigger = { type: 'webhook', payload: { ref: 'main' }, artifacts: [] } as const;
    expect(presentListedExecution({ ...execution, trigger }).trigger.payload).toBeUndefined();
    const shown = presentExecution({ execution: { ...execution, trigger }, plan, nodes: [] });
    expect(shown.trigger.payload).toEqual({ ref: 'main' });
  });

  it('shows what has not begun as notStarted', () => {
    const [pre] = present().stages;
    expect([pre?.status, pre?.jobs[0]?.status, pre?.jobs[0]?.steps[0]?.status]).toEqual(Array(3).fill('notStarted'));
  });

  it('shows a queued execution as begun when it was claimed', () => {
    expect(present().startedAt).toBe('2026-11-20T00:00:00.000Z');
  });

  it('gives each stage the sources that its steps name, and not those whose id only begins alike', () => {
    expect(present().stages.map((shown) => shown.inputArtifacts.map(({ uuid }) => uuid))).toEqual([['u'], ['u2']]);
  });

  it('shows what a stage was bound to and what it consumed', () => {
    const file = { ...artifact, type: 's3/object', name: 's3://b/x', version: '1', reference: 's3://b/x' };
    const bound = [{ id: 'built', displayName: 'Built', artifact: file, from: 'received' as const }];
    const [shown] = present(node({ name: 'pre', bound, inputs: [file] })).stages;
    expect(shown).toMatchObject({
      artifacts: [file],
      resolvedExpectedArtifacts: [{ id: 'built', displayName: 'Built', boundArtifact: file, from: 'received' }],
      inputArtifacts: [file, artifact],
    });
  });

  it('shows what a stage published', () => {
    const shown = present(node({ name: 'pre/main/deploy', artifacts: [{ name: 'out', artifact }] })).stages[0];
    expect(shown?.artifacts).toEqual([artifact]);
    expect(shown?.jobs[0]?.steps[0]?.artifacts).toEqual([{ name: 'out', artifact }]);
  });

  it.each<[string, Partial<LedgerNode>, string | undefined]>([
    ['running', {}, undefined],
    ['waiting', { status: 'waiting', park: { enteredAt: 1, retry: 0, wakeAt: 2, why: 'lock' } }, 'waits for lock'],
    ['failed', { status: 'failed', error: { code: 'approvalRejected', message: 'No.' } }, 'approvalRejected: No.'],
    [
      'superseded',
      { status: 'cancelled', supersededBy: 'e2', error: { code: 'superseded', message: '' } },
      'supersededBy e2',
    ],
  ])('says why a stage is %s', (_name, fields, reason) => {
    expect(present(node({ name: 'pre', ...fields })).stages[0]?.reason).toBe(reason);
  });
});
