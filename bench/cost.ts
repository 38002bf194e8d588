import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pushBlobs, putManifest } from '../local/demo/push-image.ts';
import { websiteImage } from '../local/demo/website-image.ts';
import { decideOnApproval } from '../shared/flows/decide-on-approval.ts';
import type { KindCost } from './counting-proxy.ts';
import { type InProcess, startInProcess } from './in-process.ts';
import type { Figure, Section } from './report.ts';

/** What one thing cost, as the engines' own answers say. */
interface Cost {
  readonly kinds: readonly KindCost[];
  readonly transitions: number;
  readonly invocations: number;
}

/** The functions at the doors, which the machine does not call: the hook or push, and its processing. */
const doorsPerEvent = 2;
/** The approval's route. */
const doorsPerApproval = 1;

export async function measureCost(): Promise<readonly Section[]> {
  const world = await startInProcess();
  const registry = await serveRegistry(world);
  try {
    await world.put(pipeline());
    await push(registry.url, 'warm-up');
    await world.settle();
    await approveAll(world);
    const refused = await costOf(world, () => push(registry.url, 'not-wanted'));
    const pushed = await costOf(world, () => push(registry.url, 'shop-V1.1'));
    const approved = await costOf(world, () => approveAll(world));
    return sectionsOf(refused, sum(pushed, approved));
  } finally {
    registry.close();
    await world.close();
  }
}

function pipeline() {
  const deploy = (stage: string) => ({ step: 'directory', with: { path: stage, image: '$[sources.image]' } });
  return {
    name: 'bench-cost',
    sources: {
      image: {
        type: 'registry',
        repository: 'registry.local/bench/cost',
        on: ['push'],
        tags: { include: ['shop-V*', 'warm-up'] },
      },
    },
    stages: {
      test: { environment: 'cost-test', steps: { deploy: deploy('test') } },
      pre: { needs: ['test'], environment: 'cost-pre', steps: { deploy: deploy('pre') } },
      prod: {
        needs: ['pre'],
        environment: 'cost-prod',
        gates: [{ approval: { groups: ['bench'], count: 1, timeout: '1h' } }],
        steps: { deploy: deploy('prod') },
      },
    },
  };
}

async function serveRegistry({ registry }: InProcess): Promise<{ readonly url: string; close(): void }> {
  const access = { kind: 'allowed', mayPush: () => true, mayPull: () => true } as const;
  const server = createServer((request, response) => void registry.handle(request, response, access));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function push(url: string, tag: string): Promise<void> {
  const image = websiteImage({ 'index.html': tag });
  const target = { url, repository: 'bench/cost' };
  await pushBlobs(target, image);
  await putManifest(target, tag, image);
}

async function approveAll({ ports, settle }: InProcess): Promise<void> {
  const caller = { subject: 'bench', groups: ['bench'] };
  const { items } = await ports.executions.approvals({ status: 'pending', limit: 50 });
  for (const { id, artifacts } of items) {
    const digests = artifacts.map(({ digest }) => digest);
    const answer = await decideOnApproval(ports, { caller, id, decision: 'approve', digests });
    if (answer.kind !== 'decided') throw new Error(`The approval was not decided: ${answer.kind}.`);
  }
  if (items.length === 0) throw new Error('There is no approval to decide.');
  await settle();
}

async function costOf(world: InProcess, work: () => Promise<void>): Promise<Cost> {
  world.proxy.take();
  const { transitions, invocations } = { ...world.engine.counts };
  await work();
  await world.settle();
  const { counts } = world.engine;
  return {
    kinds: world.proxy.take(),
    transitions: counts.transitions - transitions,
    invocations: counts.invocations - invocations,
  };
}

function sum(one: Cost, other: Cost): Cost {
  const byKind = Map.groupBy([...one.kinds, ...other.kinds], ({ kind }) => kind);
  return {
    kinds: [...byKind].map(([kind, costs]) => ({ kind, ...totals(costs) })),
    transitions: one.transitions + other.transitions,
    invocations: one.invocations + other.invocations,
  };
}

function totals(kinds: readonly KindCost[]) {
  const add = (of: 'read' | 'write' | 'requests' | 'failedConditions') => kinds.reduce((all, one) => all + one[of], 0);
  return {
    read: add('read'),
    write: add('write'),
    requests: add('requests'),
    failedConditions: add('failedConditions'),
  };
}

function sectionsOf(refused: Cost, promotion: Cost): readonly Section[] {
  const event = totals(refused.kinds);
  const all = totals(promotion.kinds);
  return [
    {
      title: 'Cost of an event that no rule wants',
      how: 'a push to a repository that one pipeline listens to, whose tag it does not admit; units as the table engine answers them',
      figures: [
        { name: 'write units', value: event.write, unit: '' },
        { name: 'read units', value: event.read, unit: '' },
        { name: 'table requests', value: event.requests, unit: '' },
        { name: 'function invocations (door and processing)', value: doorsPerEvent + refused.invocations, unit: '' },
      ],
    },
    {
      title: 'Cost of a promotion',
      how: 'push, three stages, one step each, one approval, proof; transitions and invocations as the state machine engine counts them',
      figures: [
        { name: 'state transitions', value: promotion.transitions, unit: '', target: { atMost: 60 } },
        {
          name: 'function invocations (with door, processing, approval)',
          value: promotion.invocations + doorsPerEvent + doorsPerApproval,
          unit: '',
          target: { atMost: 40 },
        },
        { name: 'write units', value: all.write, unit: '', target: { atMost: 60 } },
        { name: 'writes whose condition failed (a unit each on AWS)', value: all.failedConditions, unit: '' },
        { name: 'read units', value: all.read, unit: '' },
        { name: 'table requests', value: all.requests, unit: '' },
      ],
    },
    {
      title: "Where the promotion's units go",
      how: 'largest first: write units, read units and requests by operation and item',
      figures: breakdown(promotion),
    },
  ];
}

const mostKinds = 40;

function breakdown({ kinds }: Cost): readonly Figure[] {
  return kinds
    .toSorted((a, b) => b.write - a.write || b.read - a.read)
    .slice(0, mostKinds)
    .map(({ kind, read, write, requests }) => ({
      name: `${kind} (${requests} requests)`,
      value: write > 0 ? write : read,
      unit: write > 0 ? 'writes' : 'reads',
    }));
}
