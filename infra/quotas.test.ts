import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { done, trial } from '../local/engine/engine-trial.ts';
import type { Attributes } from '../shared/adapters/dynamodb/operations.ts';
import { createEventQueue } from '../shared/adapters/sqs/event-queue.ts';
import { executionId } from '../shared/domain/claim.ts';
import type { TaskInput, TaskOutput } from '../shared/domain/machine-io.ts';
import { mostHistoryEvents } from '../shared/domain/plan-size.ts';
import { stateMachine } from '../shared/machine/state-machine.ts';
import type { AwsApi } from '../shared/ports/aws-api.ts';
import {
  sampleClaim,
  sampleDigest,
  sampleExecution,
  sampleImage,
  sampleNode,
} from '../test/contracts/store-samples.ts';
import { fixedNow, useEmbeddedTables } from '../test/fixtures/embedded-table.ts';
import { pipelineFile, put } from '../test/fixtures/pipelines.ts';

/** The limits of AWS that an installation could meet, each beside the largest thing that Waybill takes. */

const ordinals = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const longestExecution = executionId('p'.repeat(63), Date.UTC(9999, 11, 31), 'f'.repeat(64));

describe('Step Functions', () => {
  // https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
  it('takes the definition: at most 1 MB', () => {
    const arn = `arn:aws-us-gov:lambda:us-gov-east-1:123456789012:function:${'f'.repeat(64)}`;
    expect(JSON.stringify(stateMachine({ run: arn, park: arn })).length).toBeLessThan(1_000_000);
  });

  it.each(['', '-r1', '-r9999999999'])(
    'takes the longest name with %j: at most 80 characters, all of them allowed',
    (retry) => {
      expect(`${longestExecution}${retry}`).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
    },
  );

  /** 40 stages of 12 and 13 jobs, 500 in all, each of which is asked `rounds` more times. */
  function largest(rounds: number): { run: (input: TaskInput) => TaskOutput; states: number[] } {
    const asked = new Map<string, number>();
    const states: number[] = [];
    const answerTo = (input: TaskInput): TaskOutput => {
      if (input.do === 'begin') return { v: 1, next: 'done', stages: ordinals(40) };
      if (input.do === 'enter') return { v: 1, next: 'done', jobs: ordinals(input.stage <= 20 ? 12 : 13) };
      if (input.do !== 'job') return done;
      const name = `${input.stage}/${input.job}`;
      const before = asked.get(name) ?? 0;
      asked.set(name, before + 1);
      return before < rounds ? { v: 1, next: 'again' } : done;
    };
    const run = (input: TaskInput): TaskOutput => {
      const answer = answerTo(input);
      // What a state holds: what its branch was given, and what the last call answered.
      states.push(JSON.stringify({ ...input, run: { answer } }).length);
      return answer;
    };
    return { run, states };
  }

  it('holds the largest plan: at most 25,000 events, and states far below 256 KB', async () => {
    const { run, states } = largest(0);
    const { engine, through } = trial(run);
    await through(longestExecution);
    const { transitions, invocations } = engine.counts;
    // A state is entered and left, a call scheduled, started and ended besides; a Map starts and ends, and so does each item.
    const events = 2 + 2 * transitions + 3 * invocations + 2 * (1 + 40) + 2 * (40 + 500);
    expect(events).toBeLessThan(25_000);
    // What a plan without waits is said to take at most.
    expect(events).toBeLessThan(mostHistoryEvents);
    expect(Math.max(...states)).toBeLessThan(32 * 1024);
  });

  it('records no more for a step than a plan is charged for it', async () => {
    const eventsOf = async (rounds: number) => {
      const { engine, through } = trial(largest(rounds).run);
      await through(longestExecution);
      return 2 * engine.counts.transitions + 3 * engine.counts.invocations;
    };
    const perStep = ((await eventsOf(1)) - (await eventsOf(0))) / 500;
    expect(perStep).toBeGreaterThan(0);
    expect(perStep).toBeLessThanOrEqual(17);
  });
});

describe('DynamoDB', () => {
  const tables = useEmbeddedTables();
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html: names and values in UTF-8
  const sizeOf = (item: Attributes): number =>
    Object.entries(item).reduce(
      (sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(Object.values(value).join('')),
      0,
    );
  const megabyte = 'x'.repeat(1024 * 1024 - 10_000);
  const artifacts = ordinals(1000).map((index) => ({
    ...sampleImage(sampleDigest('a')),
    metadata: { index, text: 'é'.repeat(2_000) },
  }));

  type Tables = Awaited<ReturnType<typeof tables.fresh>>;
  it.each<[string, (stores: Tables['stores']) => Promise<unknown>]>([
    [
      'a pipeline file of 256 KiB',
      (stores) => {
        const parameters = Object.fromEntries(ordinals(62).map((index) => [`p${index}`, 'x'.repeat(4096)]));
        return put(stores.pipelines, pipelineFile({ name: 'p'.repeat(63), parameters }));
      },
    ],
    [
      'a delivery of 1 MiB',
      (stores) =>
        stores.deliveries.accept({
          ...{ id: 'd'.repeat(200), receiver: 'r'.repeat(63), receivedAt: fixedNow, signed: true, status: 'pending' },
          events: [
            { kind: 'webhook', type: 'ci', source: 's', payload: { text: megabyte }, artifacts, parameters: {} },
          ],
          ...{ refusals: [], attempts: 0, rev: 0 },
        }),
    ],
    [
      'a delivery of 10,000 events',
      (stores) => {
        const event = {
          kind: 'push',
          repository: `r.example.com/${'a'.repeat(200)}`,
          digest: sampleDigest('a'),
        } as const;
        return stores.deliveries.accept({
          ...{ id: 'd', receiver: 'r', receivedAt: fixedNow, signed: true, status: 'pending' },
          events: ordinals(10_000).map((index) => ({ ...event, tag: `1.0.${index}` })),
          ...{ refusals: [], attempts: 0, rev: 0 },
        });
      },
    ],
    [
      'a claim with all that it was started with',
      (stores) => stores.executions.claim(sampleClaim({ trigger: { type: 'webhook', payload: megabyte, artifacts } })),
    ],
    [
      'an execution with a hundred sources and a thousand artifacts',
      (stores) => {
        const bound = artifacts
          .slice(0, 100)
          .map((artifact, id) => ({ id: `s${id}`, artifact, from: 'received' as const }));
        const trigger = { type: 'webhook', payload: megabyte, artifacts } as const;
        return stores.executions.create(
          sampleExecution({ id: longestExecution, pipeline: 'p'.repeat(63), bound, trigger }),
        );
      },
    ],
    [
      'a step that published a thousand artifacts',
      (stores) => {
        const name = [64, 64, 64].map((length) => 'n'.repeat(length)).join('/');
        const published = artifacts.map((artifact, index) => ({ name: `a${index}`, artifact }));
        const node = sampleNode({
          execution: longestExecution,
          name,
          artifacts: published,
          memory: { seen: megabyte },
        });
        return stores.executions.saveNode({ ...node, rev: 0 });
      },
    ],
    [
      'evidence of a megabyte',
      (stores) =>
        stores.executions.addEvidence(longestExecution, {
          ...{ name: 'e'.repeat(500), at: fixedNow, kind: 'webhook', body: { text: megabyte } },
        }),
    ],
    [
      'a proof of a megabyte',
      (stores) => stores.executions.putProof(longestExecution, 1, JSON.stringify({ megabyte })),
    ],
  ])('takes %s: at most 400 KB an item', async (_, write) => {
    const { stores, client, tableName } = await tables.fresh();
    await write(stores);
    const { Items = [] } = await client.send(new ScanCommand({ TableName: tableName }));
    expect(Items.length).toBeGreaterThan(0);
    expect(Math.max(...Items.map(sizeOf))).toBeLessThan(400_000);
  });
});

describe('SQS', () => {
  it('takes every message of ours: at most 1 MiB', async () => {
    const sent: string[] = [];
    const sqs: AwsApi = {
      async call(_operation, input) {
        sent.push('MessageBody' in input ? String(input.MessageBody) : '');
        return {};
      },
    };
    await createEventQueue('https://sqs.example.com/q', sqs).send('d'.repeat(200));
    expect(sent).toHaveLength(1);
    expect(Buffer.byteLength(sent[0] ?? '')).toBeLessThan(1_048_576);
  });
});
