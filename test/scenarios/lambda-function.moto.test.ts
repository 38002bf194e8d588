import { CreateRepositoryCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { CreateFunctionCommand, GetAliasCommand, GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLambdaFunctionDeployer } from '../../shared/adapters/deployers/lambda-function/lambda-function.ts';
import type { Artifact } from '../../shared/domain/artifact.ts';
import type { JsonObject } from '../../shared/domain/json.ts';
import type { StepAnswer, StepRequest } from '../../shared/ports/deployer.ts';
import { createFunctionRole, type LambdaRegion, startLambdaRegion } from '../fixtures/lambda-region.ts';
import { motoMissing } from '../fixtures/moto.ts';

const missing = motoMissing();
if (missing !== undefined) console.log(`skipped: the step lambda-function against moto: ${missing}`);

const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
let aws: LambdaRegion;
let lambda: LambdaClient;
let digests: readonly string[] = [];
let count = 0;
let name = '';

function request(given: JsonObject = {}, more: Partial<StepRequest> = {}): StepRequest {
  return {
    key: 'shop-1/prod/eu/deploy/1',
    executionId: 'shop-1',
    pipeline: 'shop',
    stage: 'prod',
    job: 'eu',
    step: 'deploy',
    attempt: 1,
    with: { function: name, image: `${host}/shop@${digests[1]}`, ...given },
    artifacts: [],
    polls: 0,
    startedAt: 0,
    ...more,
  };
}

const contents = new Map<string, Buffer>();
const content = async ({ metadata }: Artifact) =>
  contents.get(String(metadata.sha256)) ?? Buffer.from('something else');

function run(given: JsonObject = {}, memory?: JsonObject): Promise<StepAnswer> {
  const deployer = createLambdaFunctionDeployer({ client: async () => lambda, content });
  return deployer.run(request(given, memory === undefined ? {} : { memory }));
}

/** Asks until it is over, as the flow does. */
async function settle(given: JsonObject = {}): Promise<StepAnswer> {
  let memory: JsonObject | undefined;
  for (let polls = 0; polls < 8; polls += 1) {
    const answer = await run(given, memory);
    if (answer.kind !== 'poll') return answer;
    memory = answer.memory;
  }
  throw new Error('It asked to be polled again eight times.');
}

function manifest(letter: string): string {
  const digest = `sha256:${letter.repeat(64)}`;
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2, digest };
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', size: 3, digest };
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  return JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer] });
}

describe.skipIf(missing !== undefined)('the step lambda-function', () => {
  beforeAll(async () => {
    const started = await startLambdaRegion();
    aws = started;
    const config = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
    lambda = new LambdaClient({ ...config, endpoint: aws.url });
    await createFunctionRole(started.moto);
    const ecr = new ECRClient({ ...config, endpoint: started.moto });
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'shop' }));
    const put = async (letter: string) =>
      ecr.send(new PutImageCommand({ repositoryName: 'shop', imageManifest: manifest(letter), imageTag: letter }));
    digests = [await put('a'), await put('b')].map(({ image }) => image?.imageId?.imageDigest ?? '');
    ecr.destroy();
  }, 90_000);
  afterAll(async () => {
    lambda.destroy();
    await aws.close();
  });

  beforeEach(async () => {
    count += 1;
    name = `shop-${count}`;
    aws.update('Successful');
    aws.resolveTo(undefined);
    const Role = 'arn:aws:iam::123456789012:role/f';
    const ImageUri = `${host}/shop@${digests[0]}`;
    await lambda.send(
      new CreateFunctionCommand({ FunctionName: name, PackageType: 'Image', Code: { ImageUri }, Role }),
    );
  });

  it('updates the code by digest, waits and says what Lambda resolved it to', async () => {
    expect((await run()).kind).toBe('poll');
    aws.update('InProgress');
    expect((await run()).kind).toBe('poll');
    aws.update('Successful');
    expect(await run()).toEqual({ kind: 'done', observed: digests[1], artifacts: [] });
    const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
    expect(Code?.ImageUri).toBe(`${host}/shop@${digests[1]}`);
  });

  it('gives an alias a published version, new or old, and observes the alias', async () => {
    expect(await settle({ alias: 'live' })).toMatchObject({ kind: 'done', observed: digests[1] });
    const first = await lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' }));
    expect(await settle({ alias: 'live', image: `${host}/shop@${digests[0]}` })).toMatchObject({
      observed: digests[0],
    });
    const second = await lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' }));
    expect([first.FunctionVersion, second.FunctionVersion]).toEqual(['1', '2']);
  });

  it('done again changes nothing', async () => {
    await settle({ alias: 'live' });
    const before = aws.changes.length;
    expect(await settle({ alias: 'live' })).toMatchObject({ kind: 'done' });
    expect(aws.changes).toHaveLength(before);
  });

  it('is not made of a zip file, which is said before anything changes', async () => {
    const metadata = { sha256: 'a'.repeat(64), content: `ref://shop/${'0'.repeat(64)}` };
    const file: Artifact = { type: 'http/file', name: 'f', reference: 'f', metadata, uuid: 'u' };
    const before = aws.changes.length;
    const given = request({}, { with: { function: name, package: 'f' }, artifacts: [file] });
    const refused = createLambdaFunctionDeployer({ client: async () => lambda, content }).run(given);
    await expect(refused).rejects.toMatchObject({ code: 'invalidInput', message: expect.stringContaining('an image') });
    expect(aws.changes).toHaveLength(before);
  });

  it('goes on wherever a step before it died', async () => {
    await run({ alias: 'live' });
    const deaths = aws.changes.length;
    expect(await settle({ alias: 'live' })).toMatchObject({ kind: 'done', observed: digests[1] });
    expect(aws.changes.slice(deaths).some((change) => change.includes('/code'))).toBe(false);
  });

  it('fails where its update failed, with the reason; one of before is tried again', async () => {
    aws.update('Failed', 'The image has no such platform');
    const answer = await run();
    if (answer.kind !== 'poll') throw new Error(`It answered ${answer.kind}.`);
    expect(aws.changes.at(-1)).toMatch(/PUT .*\/code/);
    expect(await run({}, answer.memory)).toMatchObject({
      kind: 'failed',
      code: 'rolloutFailed',
      message: expect.stringContaining('no such platform'),
    });
  });

  it('says what runs, not what was asked for', async () => {
    await run();
    aws.resolveTo(`sha256:${'c'.repeat(64)}`);
    expect((await run()).kind).toBe('poll');
    expect(await settle()).toMatchObject({
      kind: 'failed',
      code: 'digestMismatch',
      observed: `sha256:${'c'.repeat(64)}`,
    });
  });

  it.each<[string, JsonObject, string]>([
    ['no such function', { function: 'none' }, 'targetNotFound'],
    ['a tag', { image: `${host}/shop:1` }, 'digestRequired'],
    ['an unknown input', { force: true }, 'invalidInput'],
    ['an alias that is a number', { alias: '12' }, 'invalidInput'],
  ])('%s: refused, nothing done', async (_case, given, code) => {
    const before = aws.changes.length;
    await expect(run(given)).rejects.toMatchObject({ code, retryable: false });
    expect(aws.changes).toHaveLength(before);
  });
});
