import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { decideOnApproval } from '../../shared/flows/decide-on-approval.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { ociImage } from '../fixtures/oci-image.ts';
import { createWorld, type World } from '../fixtures/world.ts';

const tables = useEmbeddedTables();
let world: World;
afterEach(() => world.close());

const rm = { subject: 'alice', groups: ['rm'] };

function shop(extra: object = {}) {
  return {
    name: 'shop',
    sources: {
      image: { type: 'registry', repository: 'registry.local/team/shop', on: ['push'], tags: { include: ['shop-V*'] } },
    },
    stages: {
      pre: {
        environment: 'pre',
        steps: { deploy: { step: 'directory', with: { path: 'pre', image: '$[sources.image]' } } },
      },
      prod: {
        needs: ['pre'],
        environment: 'prod',
        gates: [{ approval: { groups: ['rm'], count: 1, timeout: '1h' } }],
        steps: {
          deploy: { step: 'directory', with: { path: 'prod', image: '$[stages.pre.main.deploy.artifacts.default]' } },
        },
      },
    },
    ...extra,
  };
}

function current(place: string): Promise<string> {
  return readFile(join(world.site, place, 'current', 'index.html'), 'utf8').catch(() => 'nothing');
}

async function pendingApprovals() {
  return (await world.ports.executions.approvals({ status: 'pending', limit: 50 })).items;
}

describe('push to proof', () => {
  it('carries the approved digest to production although the tag moved meanwhile', async () => {
    world = await createWorld(tables);
    await world.put(shop());
    const one = ociImage({ 'index.html': 'one' });
    const two = ociImage({ 'index.html': 'two' });
    await world.push('team/shop', 'shop-V1', one);
    expect([await current('pre'), await current('prod')]).toEqual(['one', 'nothing']);
    const [approval] = await pendingApprovals();
    expect(approval?.artifacts).toEqual([{ name: 'registry.local/team/shop', tag: 'shop-V1', digest: one.digest }]);
    world.pass(1000);
    await world.push('team/shop', 'shop-V1', two);
    expect(await current('pre')).toBe('two');
    const decided = await decideOnApproval(world.ports, {
      caller: rm,
      id: approval?.id ?? '',
      decision: 'approve',
      digests: [one.digest],
    });
    expect(decided.kind).toBe('decided');
    await world.settle();
    expect(await current('prod')).toBe('one');
    const [first, second] = await world.executions('shop');
    expect((await world.view(first ?? ''))?.execution).toMatchObject({ status: 'succeeded', buildNumber: 1 });
    expect((await world.view(second ?? ''))?.execution).toMatchObject({ status: 'running', buildNumber: 2 });
    const steps = (await world.view(first ?? ''))?.nodes.filter((node) => node.kind === 'directory');
    expect(steps?.map((node) => [node.wanted, node.observed])).toEqual([
      [one.digest, one.digest],
      [one.digest, one.digest],
    ]);
    const heads = await world.ports.environments.heads('prod', 'shop');
    expect(heads.map((head) => [head.digest, head.executionId])).toEqual([[one.digest, first]]);
    expect(await world.ports.executions.proof(first ?? '', 1)).toContain('payload');
  });
});
