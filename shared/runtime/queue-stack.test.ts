import { expect, it } from 'vitest';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import type { CallKeys } from '../ports/metrics.ts';
import { queueStack } from './queue-stack.ts';

const batch = (...bodies: readonly string[]) => ({ Records: bodies.map((body) => ({ messageId: `m-${body}`, body })) });
const failures = (...bodies: readonly string[]) => ({
  batchItemFailures: bodies.map((body) => ({ itemIdentifier: `m-${body}` })),
});

function trial() {
  const seen: { readonly body: string; readonly keys: CallKeys }[] = [];
  const errors: unknown[] = [];
  const counted: string[] = [];
  let keys: CallKeys = {};
  const ports = partialPorts({
    log: { info: () => {}, warn: () => {}, error: (message, fields) => errors.push([message, fields]) },
    metrics: { add: (metric) => counted.push(metric) },
    calls: {
      began: () => {},
      about: (more) => {
        keys = { ...keys, ...more };
      },
      ended: () => {},
    },
  });
  const late = Promise.withResolvers<void>();
  const handle = queueStack(ports, async (body) => {
    seen.push({ body, keys });
    ports.calls?.about({ deliveryId: `d-${body}` });
    if (body.startsWith('slow')) await late.promise;
    if (body.startsWith('bad')) throw new Error(`no ${body}`);
  });
  return { handle, seen, errors, counted, late };
}

it.each([
  [[], []],
  [['a', 'b'], []],
  [
    ['bad1', 'a', 'bad2'],
    ['bad1', 'bad2'],
  ],
])('of %j come back %j', async (bodies, failed) => {
  const { handle, errors, counted, seen } = trial();
  expect(await handle(batch(...bodies))).toEqual(failures(...failed));
  expect(seen.map(({ body }) => body)).toEqual(bodies);
  expect(errors).toEqual(
    failed.map((body) => ['a queue message failed', { messageId: `m-${body}`, error: new Error(`no ${body}`) }]),
  );
  expect(counted).toEqual(failed.map(() => 'messagesFailed'));
});

it('each message has keys of its own, and none of the one before', async () => {
  const { handle, seen } = trial();
  await handle(batch('a', 'b'));
  expect(seen.map(({ keys }) => keys)).toEqual(
    ['m-a', 'm-b'].map((id) => ({ messageId: id, correlation_id: id, deliveryId: undefined })),
  );
});

it('what is not done when the time is nearly over comes back, and no other message is begun', async () => {
  const { handle, seen, counted, late } = trial();
  const answer = await handle(batch('a', 'bad', 'slow', 'b'), { getRemainingTimeInMillis: () => 500 });
  expect(answer).toEqual(failures('bad', 'slow', 'b'));
  expect(counted).toEqual(['messagesFailed', 'earlyTimeouts']);
  late.resolve();
  await new Promise((done) => setImmediate(done));
  expect(seen.map(({ body }) => body)).toEqual(['a', 'bad', 'slow']);
});

it('each batch has an answer of its own, also where several are late at once', async () => {
  const { handle } = trial();
  const context = { getRemainingTimeInMillis: () => 500 };
  const answers = await Promise.all([handle(batch('slow1', 'x'), context), handle(batch('slow2'), context)]);
  expect(answers).toEqual([failures('slow1', 'x'), failures('slow2')]);
});
