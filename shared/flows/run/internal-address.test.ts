import { describe, expect, it } from 'vitest';
import { digestOf } from '../../../test/fixtures/oci-image.ts';
import { partialPorts } from '../../../test/fixtures/partial-ports.ts';
import type { Account } from '../../domain/account.ts';
import { imageArtifact } from '../../domain/artifact-identity.ts';
import type { Execution } from '../../domain/execution.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { PlacedStep } from '../../domain/ledger.ts';
import { withPublicNames } from './internal-address.ts';
import type { Run } from './load-run.ts';
import { resolveStep } from './resolve-step.ts';

const digest = digestOf('an image');
const repository = 'registry.example.com/team/shop';
const ports = partialPorts({});
const image = imageArtifact({ repository, digest }, ports.sha1);
const known = `${repository}@${digest}`;
const internal = `registry.internal:5000/team/shop@${digest}`;
const account: Account = {
  name: 'main',
  type: 'registry',
  host: 'registry.example.com',
  internalHost: 'registry.internal:5000',
  insecure: false,
  updatedAt: 0,
  rev: 1,
};

function stepOf(kind: string, given: JsonObject): { readonly run: Run; readonly placed: PlacedStep } {
  const when = 'success' as const;
  const step = { ordinal: 1, id: 'go', kind, with: given, when, useInternalAddress: true };
  const job = { ordinal: 1, id: 'main', needs: [], when, steps: [step] };
  const stage = {
    ordinal: 1,
    id: 's',
    needs: [],
    when,
    gates: [],
    expectedArtifacts: [],
    inputArtifacts: [],
    jobs: [job],
  };
  const execution: Execution = {
    id: 'e',
    pipeline: 'shop',
    pipelineVersion: 'v',
    attempt: 1,
    machine: 'e',
    status: 'running',
    trigger: { type: 'manual', artifacts: [image] },
    order: '0',
    parameters: {},
    bound: [{ id: 'image', artifact: image, from: 'received' }],
    buildNumber: 1,
    createdAt: 0,
    rev: 1,
  };
  const concurrency = 'queue' as const;
  const lists = { owners: [], expectedArtifacts: [], triggers: [], stages: [] };
  const definition = { name: 'shop', concurrency, parameters: {}, sources: {}, ...lists };
  const run = { execution, plan: { concurrency, stages: [stage] }, definition };
  return { run, placed: { stage, job, step, node: 's/main/go' } };
}

async function resolve(kind: string, given: JsonObject, accounts: readonly Account[] = [account]) {
  const { run, placed } = stepOf(kind, given);
  const list = async () => accounts;
  const store = { list, find: async () => undefined, save: async () => undefined, remove: async () => {} };
  const pipelines = partialPorts({}).pipelines;
  return resolveStep(
    partialPorts({ accounts: store, pipelines: Object.create(pipelines, { head: { value: async () => undefined } }) }),
    run,
    placed,
  );
}

describe('useInternalAddress', () => {
  it.each<[string, string, JsonObject, JsonObject]>([
    ['an input for images', 'ecs-service', { image: '$[sources.image]' }, { image: internal }],
    [
      'a body at any depth',
      'webhook',
      {
        url: 'https://x.example',
        body: { a: ['$[sources.image]', 1, null, { b: '--image=$[sources.image],$[sources.image]' }] },
      },
      { url: 'https://x.example', body: { a: [internal, 1, null, { b: `--image=${internal},${internal}` }] } },
    ],
    [
      'a text with a scheme before it',
      'webhook',
      { url: 'https://x.example', body: 'docker://$[sources.image]' },
      { url: 'https://x.example', body: `docker://${internal}` },
    ],
    [
      'no longer name that ends in it, and no other field',
      'webhook',
      {
        url: 'https://x.example',
        body: ['mirror/$[sources.image]', '$[sources.image.name]', '$[sources.image.digest]'],
      },
      { url: 'https://x.example', body: [`mirror/${known}`, repository, digest] },
    ],
  ])('puts the internal host into %s', async (_, kind, given, handed) => {
    const resolved = await resolve(kind, given);
    expect(resolved).toMatchObject({ kind: 'resolved', with: handed, repository, wanted: digest });
    expect(resolved).toMatchObject({ images: [{ name: repository, digest }], artifacts: [image] });
    expect(resolved).toMatchObject({ handed: [{ ...image, reference: internal }] });
  });

  it.each(['tag', 'copy', 'directory'])(
    'tells %s, which pulls here, and changes nothing that it is given',
    async (kind) => {
      const resolved = await resolve(kind, { image: '$[sources.image]' });
      expect(resolved).toMatchObject({ kind: 'resolved', internal: true, with: { image: known }, repository });
      expect(resolved).not.toHaveProperty('handed');
    },
  );

  it('is nothing to another pipeline, and to a step without images', async () => {
    expect(await resolve('pipeline', { pipeline: 'x', artifacts: ['$[sources.image]'] }, [])).toMatchObject({
      kind: 'resolved',
    });
    expect(await resolve('webhook', { url: 'https://x.example' }, [])).toMatchObject({ kind: 'resolved' });
  });

  it.each<[string, readonly Account[]]>([
    ['no account', []],
    ['an account without one', [{ ...account, internalHost: undefined }]],
    ['an account of another host', [{ ...account, host: 'other.example.com' }]],
    ['an account of another team', [{ ...account, readers: ['others'] }]],
    ['an account of another type', [{ ...account, type: 'http' }]],
  ])('fails with %s', async (_, accounts) => {
    for (const kind of ['ecs-service', 'tag']) {
      expect(await resolve(kind, { image: '$[sources.image]' }, accounts)).toMatchObject({
        kind: 'failed',
        code: 'internalAddressUnknown',
        message: expect.stringContaining('registry.example.com'),
      });
    }
  });
});

it('what a target publishes by the internal host has the public name', () => {
  const hosts = new Map([['registry.example.com', 'registry.internal:5000']]);
  const told = imageArtifact({ repository: 'registry.internal:5000/team/shop', digest }, ports.sha1);
  const other = imageArtifact({ repository: 'elsewhere.example.com/shop', digest }, ports.sha1);
  expect(withPublicNames(ports, hosts, [{ name: 'a', artifact: told }, { artifact: other }])).toEqual([
    { name: 'a', artifact: image },
    { artifact: other },
  ]);
});
