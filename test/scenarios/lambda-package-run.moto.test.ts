import { createHash } from 'node:crypto';
import { CreateFunctionCommand, GetAliasCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLambdaFunctionDeployer } from '../../shared/adapters/deployers/lambda-function/lambda-function.ts';
import { createFetchers } from '../../shared/adapters/fetchers/fetchers.ts';
import { artifactContent } from '../../shared/flows/artifact-content.ts';
import { recordArtifact } from '../../shared/flows/record-artifact.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { type FixtureServer, startServer } from '../fixtures/http-server.ts';
import { createFunctionRole, type LambdaRegion, startLambdaRegion } from '../fixtures/lambda-region.ts';
import { plainOutbound } from '../fixtures/loopback-outbound.ts';
import { motoMissing } from '../fixtures/moto.ts';
import { readProof } from '../fixtures/read-proof.ts';
import { approvalGate, createScenario, type Scenario } from '../fixtures/scenario.ts';
import { zipOf } from '../fixtures/zip.ts';

const missing = motoMissing();
if (missing !== undefined) console.log(`skipped: a zip file from its push to the proof, against moto: ${missing}`);

const tables = useEmbeddedTables();
const zip = (text: string) => zipOf({ 'index.mjs': `export const handler = () => "${text}"` });
const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

let region: LambdaRegion & { readonly moto: string };
let lambda: LambdaClient;
let files: FixtureServer;
let served = zip('one');
let world: Scenario;

const names = ['shop-pre', 'shop-prod'];
const step = (name: string) => ({
  go: { step: 'lambda-function', with: { function: name, alias: 'live', package: '$[sources.package]' } },
});

async function versionOf(name: string): Promise<string> {
  const { FunctionVersion } = await lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' }));
  return FunctionVersion ?? 'none';
}

async function polled(): Promise<void> {
  for (let polls = 0; polls < 4; polls += 1) {
    await world.settle();
    world.pass(300_000);
  }
}

describe.skipIf(missing !== undefined)('a zip file, from its push to the proof', () => {
  beforeAll(async () => {
    region = await startLambdaRegion();
    await createFunctionRole(region.moto);
    files = await startServer((_request, response) => void response.end(served));
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    lambda = new LambdaClient({ region: 'eu-west-1', credentials, endpoint: region.url, maxAttempts: 1 });
    for (const FunctionName of names) {
      await lambda.send(
        new CreateFunctionCommand({
          ...{ FunctionName, Runtime: 'nodejs24.x', Handler: 'index.handler', Code: { ZipFile: zip('old') } },
          Role: 'arn:aws:iam::123456789012:role/f',
        }),
      );
    }
  }, 90_000);
  afterAll(async () => {
    lambda.destroy();
    await files.close();
    await region.close();
  });
  afterEach(() => world.close());

  it('is fetched once: what was approved after it had been tried is deployed, though its place has other bytes by then', async () => {
    const ports = () => world.ports;
    const deployer = createLambdaFunctionDeployer({
      client: async () => lambda,
      content: (artifact, pipeline) => artifactContent(ports(), { artifact, pipeline }),
    });
    world = await createScenario(tables, {
      deployers: { 'lambda-function': deployer },
      wrap: (base) => ({ ...base, fetchers: createFetchers({ outbound: plainOutbound(), registry: base.registry }) }),
    });
    const url = `https://${files.host}/shop.zip`;
    await world.put({
      name: 'shop',
      sources: { package: { type: 'artifact', artifactType: 'http/file', name: url } },
      stages: {
        pre: { environment: 'pre', steps: step('shop-pre') },
        prod: { environment: 'prod', needs: ['pre'], gates: [approvalGate()], steps: step('shop-prod') },
      },
    });
    const input = { type: 'http/file', name: url, version: '1', reference: url };
    await recordArtifact(world.ports, { caller: world.admin, input });
    await polled();
    const [id = ''] = await world.executions('shop');
    const wanted = digestOf(served);
    expect(await world.faults(id)).toEqual({});
    expect(await world.headOf('pre')).toMatchObject([['pre/main/go', wanted, id]]);
    served = zip('two');
    await world.decide((await world.pending('prod'))[0]);
    await polled();
    expect(await world.status(id)).toBe('succeeded');
    expect(await world.headOf('prod')).toMatchObject([['prod/main/go', wanted, id]]);
    expect(await Promise.all(names.map(versionOf))).toEqual(['1', '1']);
    const { environments, evidence } = readProof(await world.ports.executions.proof(id, 1)).predicate;
    expect(environments).toMatchObject([
      { name: 'pre', wanted, observed: wanted },
      { name: 'prod', wanted, observed: wanted },
    ]);
    expect(evidence.length).toBeGreaterThan(0);
    expect(files.seen).toHaveLength(1);
  });
});
