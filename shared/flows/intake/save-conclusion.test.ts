import { expect, it } from 'vitest';
import { useEmbeddedTables } from '../../../test/fixtures/embedded-table.ts';
import { createIntake } from '../../../test/fixtures/intake.ts';
import type { Delivery } from '../../domain/delivery.ts';
import { Failure } from '../../domain/failure.ts';
import { backOff, maxAttempts, saveConclusion } from './save-conclusion.ts';

const tables = useEmbeddedTables();

it.each([
  ['hub answered 500', 0, 'hub answered 500. To be tried again.', 'pending'],
  ['The hub is down.', 0, 'The hub is down. To be tried again.', 'pending'],
  ['hub answered 500', maxAttempts - 1, `hub answered 500. Tried ${maxAttempts} times.`, 'failed'],
])('an outage is a sentence beside what comes of it: %s after %i', async (fault, attempts, message, status) => {
  const { ports } = await createIntake(tables);
  const now = ports.clock.now();
  const delivery: Delivery = {
    ...{ id: 'd', receiver: 'hub', receivedAt: now, signed: true, status: 'pending' },
    ...{ events: [], refusals: [], attempts: 0, rev: 0 },
  };
  const conclusion = {
    source: 'image',
    outcome: { kind: 'outage', error: new Failure('registryUnavailable', fault) },
  } as const;
  const before = { event: 0, pipeline: 'shop', source: 'image', matched: false, attempts } as const;
  const known = { ...before, reason: 'manifestUnknown', message: '', status: 'pending', rev: 0 } as const;
  const match = await saveConclusion(ports, { delivery, event: 0, pipeline: 'shop', conclusion, known });
  expect(match).toMatchObject({ message, status, attempts: attempts + 1 });
  expect(match.nextAt).toBe(status === 'pending' ? now + backOff(attempts + 1) : undefined);
});
