import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { answerFor, observeDirectory } from '../../shared/adapters/deployers/directory/directory.ts';
import type { Digest } from '../../shared/domain/digest.ts';
import { digestMismatchMessage } from '../../shared/domain/logged-messages.ts';
import { decideOnApproval } from '../../shared/flows/decide-on-approval.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { digestOf, ociImage, ociIndex } from '../fixtures/oci-image.ts';
import { readProof } from '../fixtures/read-proof.ts';
import { createScenario, deploy, imageSource, type Scenario } from '../fixtures/scenario.ts';
import { createWorld, type World } from '../fixtures/world.ts';

const tables = useEmbeddedTables();
let world: World | Scenario;
afterEach(() => world.close());

const file = {
  name: 'shop',
  sources: imageSource,
  stages: { prod: { environment: 'prod', steps: deploy('prod') } },
};

async function faultOf(id: string): Promise<string | undefined> {
  return (await world.ports.executions.nodes(id, ['prod/main/deploy'])).get('prod/main/deploy')?.error?.code;
}

async function heads() {
  return (await world.ports.environments.heads('prod', 'shop')).map((head) => head.digest);
}

describe('on real bytes', () => {
  it('a file changed under current before it is observed: digestMismatch, the head stays', async () => {
    const index = () => join(world.site, 'prod', 'current', 'index.html');
    let tamper = false;
    const errors: string[] = [];
    // The change comes between the switch of `current` and the look at it.
    world = await createWorld(tables, {
      wrap: (ports: Ports): Ports => {
        const { directory } = ports.deployers;
        if (directory === undefined) throw new Error('there is no directory step');
        const run: typeof directory.run = async (request) => {
          const answer = await directory.run(request);
          if (!tamper) return answer;
          await writeFile(index(), 'changed by hand');
          const wanted = {
            repository: 'r',
            digest: request.wanted ?? digestOf(''),
            platformDigest: request.wanted ?? digestOf(''),
          };
          return answerFor(request, wanted, await observeDirectory(join(world.site, 'prod')));
        };
        const log = { ...ports.log, error: (message: string) => errors.push(message) };
        return { ...ports, log, deployers: { ...ports.deployers, directory: { ...directory, run } } };
      },
    });
    await world.put(file);
    const one = await world.push('team/shop', 'shop-V1', ociImage({ 'index.html': 'one' }));
    expect(await heads()).toEqual([one]);
    tamper = true;
    world.pass(1000);
    await world.push('team/shop', 'shop-V2', ociImage({ 'index.html': 'two' }));
    const [, second = ''] = await world.executions('shop');
    expect(await faultOf(second)).toBe('digestMismatch');
    // An alarm counts these lines.
    expect(errors).toEqual([digestMismatchMessage]);
    expect(await heads()).toEqual([one]);
    expect(await world.ports.executions.proof(second, 1)).toBeUndefined();
    expect(await readFile(index(), 'utf8')).toBe('changed by hand');
  });

  it('a registry that serves other bytes under the digest: the step fails, nothing is switched, the head stays', async () => {
    const other = ociImage({ 'index.html': 'other' });
    let lies = false;
    world = await createWorld(tables, {
      wrap: (ports) => ({
        ...ports,
        registry: {
          ...ports.registry,
          manifest: async (repository, digest) =>
            lies
              ? { digest: other.digest, mediaType: other.mediaType, bytes: other.manifest }
              : ports.registry.manifest(repository, digest),
        },
      }),
    });
    await world.put({
      ...file,
      stages: { wait: { gates: [{ approval: { groups: ['rm'] } }] }, prod: { ...file.stages.prod, needs: ['wait'] } },
    });
    await world.push('team/shop', 'shop-V1', ociImage({ 'index.html': 'one' }));
    const [id = ''] = await world.executions('shop');
    lies = true;
    const [approval] = (await world.ports.executions.approvals({ status: 'pending', limit: 5 })).items;
    await decideOnApproval(world.ports, {
      caller: { subject: 'alice', groups: ['rm'] },
      id: approval?.id ?? '',
      decision: 'approve',
      digests: approval?.artifacts.map((one) => one.digest) ?? [],
    });
    await world.settle();
    expect(await faultOf(id)).toBe('digestMismatch');
    expect(await heads()).toEqual([]);
    await expect(readFile(join(world.site, 'prod', 'current', 'index.html'))).rejects.toThrow();
  });
});

describe('what a target reports', () => {
  const arm = ociImage({ 'index.html': 'arm' }, { platform: { os: 'linux', architecture: 'arm64' } });
  const amd = ociImage({ 'index.html': 'amd' });
  const index = ociIndex([arm, amd]);

  async function reporting(observed: Digest, others?: readonly Digest[]) {
    const scenario = await createScenario(tables);
    world = scenario;
    scenario.directory.script('*', () => ({ kind: 'done', artifacts: [], observed, others }));
    await scenario.put(file);
    await scenario.push('team/shop', 'shop-V1', index);
    return (await scenario.executions('shop'))[0] ?? '';
  }

  it.each([
    ['the index itself', index.digest, undefined],
    ['a platform child of it', arm.digest, undefined],
    ['anything else', digestOf('else'), 'digestMismatch'],
  ])('%s', async (_, observed, fault) => {
    const id = await reporting(observed);
    expect(await faultOf(id)).toBe(fault);
    expect(await heads()).toEqual(fault === undefined ? [index.digest] : []);
    if (fault === undefined) {
      const [environment] = readProof(await world.ports.executions.proof(id, 1)).predicate.environments;
      expect(environment).toMatchObject({ wanted: index.digest, observed });
    }
  });

  it.each<[string, readonly Digest[], string | undefined]>([
    ['the other platform of the same index', [arm.digest], undefined],
    ['one machine with something else', [arm.digest, digestOf('else')], 'digestMismatch'],
  ])('beside a platform child %s', async (_, others, fault) => {
    const id = await reporting(amd.digest, others);
    expect(await faultOf(id)).toBe(fault);
    expect(await heads()).toEqual(fault === undefined ? [index.digest] : []);
  });

  it('nothing at all: the proof says notObserved, no head moves, nobody is made older by it', async () => {
    const scenario = await createScenario(tables);
    world = scenario;
    scenario.directory.script('*', () => ({ kind: 'done', artifacts: [] }));
    await scenario.put(file);
    const digest = await scenario.pushTag('shop-V2');
    const [id = ''] = await scenario.executions('shop');
    const [environment] = readProof(await world.ports.executions.proof(id, 1)).predicate.environments;
    expect(environment).toMatchObject({ wanted: digest, observed: 'notObserved' });
    expect(await heads()).toEqual([]);
    scenario.pass(1000);
    await scenario.pushTag('shop-V1', scenario.ports.clock.now() - 60_000);
    expect(await scenario.status((await scenario.executions('shop'))[1] ?? '')).toBe('succeeded');
  });
});
