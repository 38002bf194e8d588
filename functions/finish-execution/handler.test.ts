import { describe, expect, it } from 'vitest';
import type { Digest } from '../../shared/domain/digest.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { createIntake } from '../../test/fixtures/intake.ts';
import { createHandler } from './handler.ts';

const tables = useEmbeddedTables();
const repository = 'registry.local/team/shop';

/** As docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html shows an execution that failed. */
const ended = (name: string, detail: object) => ({
  version: '0',
  id: '315c1398-40ff-a850-213b-158f73e60175',
  'detail-type': 'Step Functions Execution Status Change',
  source: 'aws.states',
  account: '123456789012',
  time: '2026-11-20T10:15:00Z',
  region: 'eu-west-1',
  resources: [`arn:aws:states:eu-west-1:123456789012:execution:waybill:${name}`],
  detail: {
    executionArn: `arn:aws:states:eu-west-1:123456789012:execution:waybill:${name}`,
    stateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:waybill',
    name,
    status: 'FAILED',
    startDate: fixedNow - 1000,
    stopDate: fixedNow,
    input: `{"v":1,"execution":"${name}","machine":"${name}"}`,
    output: null,
    stateMachineVersionArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:waybill:1',
    stateMachineAliasArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:waybill:live',
    redriveCount: 0,
    redriveDate: null,
    error: null,
    cause: null,
    inputDetails: { included: true },
    outputDetails: null,
    ...detail,
  },
});

/** One execution whose machine was started, and what the handler warned of. */
async function started() {
  const intake = await createIntake(tables);
  await intake.pipeline('shop', { image: { type: 'registry', repository, on: ['push'] } });
  const digest: Digest = intake.registry.put(repository, { tag: '1.0' });
  await intake.happen('1', { kind: 'push', repository, digest, tag: '1.0', at: fixedNow });
  const warned: unknown[] = [];
  const ports: Ports = {
    ...intake.ports,
    log: { info: () => {}, warn: (_message, fields) => warned.push(fields), error: () => {} },
    signer: {
      sign: async () => ({ keyId: 'k', signature: Uint8Array.of(1) }),
      keys: async () => [],
      mac: async (data) => data,
    },
  };
  const [machine = ''] = intake.started;
  return { ports, machine, warned, handle: createHandler(ports) };
}

describe('finish-execution', () => {
  it.each([
    [{ status: 'FAILED', error: 'States.Runtime', cause: 'no path' }, 'FAILED: States.Runtime: no path'],
    [{ status: 'FAILED', error: 'x', cause: 'y'.repeat(5000) }, `FAILED: x: ${'y'.repeat(1000)}`],
    [{ status: 'TIMED_OUT' }, 'TIMED_OUT'],
    [{ status: 'ABORTED', error: undefined, cause: undefined }, 'ABORTED'],
  ])('ends the execution of a machine that ended by %j', async (detail, error) => {
    const { ports, machine, warned, handle } = await started();
    await handle(ended(machine, detail));
    const execution = await ports.executions.find(machine);
    expect(execution).toMatchObject({ status: 'failed', error: { code: 'engineStopped' } });
    expect(execution?.error?.message).toContain(`(${error})`);
    expect(warned).toEqual([{ machine, error }]);
  });

  it('does so once, and only for the machine that the ledger goes by', async () => {
    const { ports, machine, warned, handle } = await started();
    await handle(ended(`${machine}-r1`, { status: 'ABORTED' }));
    expect((await ports.executions.find(machine))?.status).toBe('queued');
    await handle(ended(machine, { status: 'ABORTED' }));
    const after = await ports.executions.find(machine);
    await handle(ended(machine, { status: 'ABORTED' }));
    expect(await ports.executions.find(machine)).toEqual(after);
    expect(warned).toHaveLength(1);
  });

  it('has nothing to do for a machine that nobody knows', async () => {
    const { warned, handle } = await started();
    await handle(ended('started-by-hand', { status: 'FAILED' }));
    expect(warned).toEqual([]);
  });

  it.each([{}, { detail: {} }, { detail: { name: '', status: 'FAILED' } }])('refuses %j', async (event) => {
    const { handle } = await started();
    await expect(handle(event)).rejects.toMatchObject({ name: 'internal' });
  });
});
