import { randomBytes } from 'node:crypto';
import { createAwsApi } from '../shared/adapters/aws-api/aws-api.ts';
import { createDynamoClient } from '../shared/adapters/dynamodb/dynamo-client.ts';
import type { Stores } from '../shared/adapters/dynamodb/stores.ts';
import { parseDigest } from '../shared/domain/digest.ts';
import { subscriptionsOf } from '../shared/flows/find-subscriptions.ts';
import { processDelivery } from '../shared/flows/process-delivery.ts';
import type { Ports } from '../shared/ports/ports.ts';
import { median, timed } from './figures.ts';
import { type InProcess, startInProcess } from './in-process.ts';
import type { Figure, Section } from './report.ts';
import { listeningTo, type Size, seededStores } from './seed.ts';

const events = 200;
const warmUps = 30;

/** What the decision on one event costs beside much else that is stored. */
export async function measureDecision(full: boolean): Promise<Section> {
  const world = await startInProcess();
  const { endpoint } = world.dynamo;
  const client = createDynamoClient({ endpoint, unsigned: true });
  const api = createAwsApi('dynamodb', { endpoint, unsigned: true });
  try {
    const base = { pipelines: 10, artifacts: 0 };
    const sizes: readonly Size[] = [
      base,
      { pipelines: 1_000, artifacts: 0 },
      ...(full ? [{ pipelines: 100_000, artifacts: 0 }] : []),
      { pipelines: 10, artifacts: 1_000 },
      { pipelines: 10, artifacts: 10_000 },
      ...(full ? [{ pipelines: 10, artifacts: 1_000_000 }] : []),
    ];
    const tried: Trial[] = [];
    for (const size of sizes) tried.push(newTrial(world, size, await seededStores(world.ports, { client, api }, size)));
    for (let n = 0; n < warmUps + events; n += 1) for (const trial of tried) await decideOnce(trial, n >= warmUps);
    return sectionOf(tried);
  } finally {
    client.destroy();
    await world.close();
  }
}

interface Trial {
  readonly size: Size;
  readonly ports: Ports;
  readonly wholeMs: number[];
  readonly lookUpMs: number[];
}

function newTrial({ ports }: InProcess, size: Size, stores: Stores): Trial {
  return { size, ports: { ...ports, ...stores }, wholeMs: [], lookUpMs: [] };
}

/** In turn over all tables, so that whatever else the machine does meets each alike. */
async function decideOnce({ ports, wholeMs, lookUpMs }: Trial, counts: boolean): Promise<void> {
  const id = randomBytes(16).toString('hex');
  const digest = parseDigest(`sha256:${randomBytes(32).toString('hex')}`);
  const at = ports.clock.now();
  await ports.deliveries.accept({
    id,
    receiver: 'bench',
    receivedAt: at,
    signed: true,
    status: 'pending',
    events: [{ kind: 'push', repository: listeningTo, tag: `x-${id.slice(0, 8)}`, digest, at }],
    refusals: [],
    attempts: 0,
    rev: 0,
  });
  const lookUp = await timed(() => subscriptionsOf(ports, listeningTo));
  const whole = await timed(() => processDelivery(ports, id));
  if (!counts) return;
  lookUpMs.push(lookUp);
  wholeMs.push(whole);
}

function sectionOf(tried: readonly Trial[]): Section {
  const [base] = tried;
  const figures = tried.flatMap((trial): readonly Figure[] => {
    const { size, wholeMs, lookUpMs } = trial;
    const name = `${size.pipelines.toLocaleString('en')} pipelines, ${size.artifacts.toLocaleString('en')} artifacts`;
    const whole = { name: `${name}: the decision`, value: median(wholeMs), unit: 'ms' };
    const lookUp = { name: '  of which finding the rules', value: median(lookUpMs), unit: 'ms' };
    if (base === undefined || trial === base) return [whole, lookUp];
    const ratio = median(wholeMs) / median(base.wholeMs);
    return [whole, lookUp, { name: '  ratio to the first', value: ratio, unit: '', target: { atMost: 1.3 } }];
  });
  return {
    title: 'Decision time per event',
    how: `10 pipelines listen to the repository and none admits the tag; from the stored delivery until it is recorded, decided and each outcome stored; medians of ${events}, all sizes in turn on one engine`,
    figures,
  };
}
