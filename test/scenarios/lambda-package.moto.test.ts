import { createHash } from 'node:crypto';
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLambdaFunctionDeployer } from '../../shared/adapters/deployers/lambda-function/lambda-function.ts';
import type { Artifact } from '../../shared/domain/artifact.ts';
import type { JsonObject } from '../../shared/domain/json.ts';
import type { StepAnswer, StepRequest } from '../../shared/ports/deployer.ts';
import { createFunctionRole, type LambdaRegion, startLambdaRegion } from '../fixtures/lambda-region.ts';
import { motoMissing } from '../fixtures/moto.ts';
import { zipOf } from '../fixtures/zip.ts';

const missing = motoMissing();
if (missing !== undefined) console.log(`skipped: the step lambda-function with zip files against moto: ${missing}`);

const old = zipOf({ 'index.mjs': 'export const handler = () => "old"' });
const bytes = zipOf({ 'index.mjs': 'export const handler = () => "new"' });
const hex = createHash('sha256').update(bytes).digest('hex');
const wanted = `sha256:${hex}`;
const file: Artifact = {
  type: 'http/file',
  name: 'https://files.example.com/shop.zip',
  reference: 'https://files.example.com/shop.zip',
  metadata: { sha256: hex, content: `ref://shop/${'0'.repeat(64)}` },
  uuid: 'u',
};
const object: Artifact = {
  ...file,
  type: 's3/object',
  name: 's3://packages/shop.zip',
  reference: 's3://packages/shop.zip',
  metadata: { sha256: hex },
};

let aws: LambdaRegion & { readonly moto: string };
let lambda: LambdaClient;
let s3: S3Client;
let count = 0;
let name = '';
/** What the service has of the artifact. */
let kept: Buffer = bytes;

function request(given: JsonObject, artifact: Artifact, memory?: JsonObject): StepRequest {
  return {
    ...{ key: 'shop-1/prod/eu/deploy/1', executionId: 'shop-1', pipeline: 'shop', stage: 'prod', job: 'eu' },
    ...{ step: 'deploy', attempt: 1, polls: 0, startedAt: 0 },
    with: { function: name, package: artifact.reference, ...given },
    artifacts: [artifact],
    ...(memory === undefined ? {} : { memory }),
  };
}

const deployer = () => createLambdaFunctionDeployer({ client: async () => lambda, content: async () => kept });
const run = (given: JsonObject = {}, artifact = file, memory?: JsonObject) =>
  deployer().run(request(given, artifact, memory));

async function settle(given: JsonObject = {}, artifact = file): Promise<StepAnswer> {
  let memory: JsonObject | undefined;
  for (let polls = 0; polls < 8; polls += 1) {
    const answer = await run(given, artifact, memory);
    if (answer.kind !== 'poll') return answer;
    memory = answer.memory;
  }
  throw new Error('It asked to be polled again eight times.');
}

async function putObject(body: Buffer): Promise<string> {
  const put = await s3.send(new PutObjectCommand({ Bucket: 'packages', Key: 'shop.zip', Body: body }));
  return put.VersionId ?? '';
}

describe.skipIf(missing !== undefined)('the step lambda-function with a zip file', () => {
  beforeAll(async () => {
    aws = await startLambdaRegion();
    const config = { region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
    lambda = new LambdaClient({ ...config, endpoint: aws.url, maxAttempts: 1 });
    s3 = new S3Client({ ...config, endpoint: aws.moto, forcePathStyle: true });
    await createFunctionRole(aws.moto);
    await s3.send(new CreateBucketCommand({ Bucket: 'packages' }));
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await s3.send(new PutBucketVersioningCommand({ Bucket: 'packages', VersioningConfiguration }));
  }, 90_000);
  afterAll(async () => {
    lambda.destroy();
    s3.destroy();
    await aws.close();
  });

  beforeEach(async () => {
    count += 1;
    name = `shop-zip-${count}`;
    kept = bytes;
    aws.update('Successful');
    aws.resolveTo(undefined);
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: name,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Architectures: ['arm64'],
        Code: { ZipFile: old },
        Role: 'arn:aws:iam::123456789012:role/f',
      }),
    );
  });

  it('sends the bytes of the run, waits and says what Lambda has; the architecture stays', async () => {
    const started = await run();
    expect(started).toEqual({ kind: 'poll', memory: { updated: true } });
    aws.update('InProgress');
    expect(await run({}, file, { updated: true })).toEqual(started);
    aws.update('Successful');
    expect(await run({}, file, { updated: true })).toEqual({ kind: 'done', observed: wanted, artifacts: [] });
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
    expect(Configuration).toMatchObject({ Architectures: ['arm64'], PackageType: 'Zip' });
  });

  it('gives an alias the version, takes away what it gave another one, and done again changes nothing', async () => {
    await lambda.send(new PublishVersionCommand({ FunctionName: name }));
    const ZipFile = zipOf({ 'index.mjs': 'export const handler = () => "other"' });
    const { CodeSha256 } = await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile }));
    await lambda.send(new PublishVersionCommand({ FunctionName: name, CodeSha256 }));
    const RoutingConfig = { AdditionalVersionWeights: { '2': 0.5 } };
    const shared = { FunctionName: name, Name: 'live', FunctionVersion: '1', RoutingConfig };
    await lambda.send(new CreateAliasCommand(shared));
    expect(await settle({ alias: 'live' })).toMatchObject({ kind: 'done', observed: wanted });
    const alias = await lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' }));
    expect(Object.keys(alias.RoutingConfig?.AdditionalVersionWeights ?? {})).toEqual([]);
    expect(alias.FunctionVersion).toBe('3');
    const before = aws.changes.length;
    expect(await settle({ alias: 'live' })).toMatchObject({ kind: 'done', observed: wanted });
    expect(aws.changes).toHaveLength(before);
  });

  it('twice at once is one update and one version', async () => {
    const before = aws.changes.length;
    const answers = await Promise.all([settle({ alias: 'live' }), settle({ alias: 'live' })]);
    expect(answers).toMatchObject([
      { kind: 'done', observed: wanted },
      { kind: 'done', observed: wanted },
    ]);
    const { FunctionVersion } = await lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' }));
    expect(FunctionVersion).toBe('1');
    expect(aws.changes.slice(before).filter((change) => change.endsWith('/code'))).toHaveLength(1);
  });

  it('goes on where the answer to the update was lost', async () => {
    aws.loseAnswers(1);
    await expect(run()).rejects.toMatchObject({ code: 'targetUnavailable', retryable: true });
    const before = aws.changes.length;
    expect(await run()).toMatchObject({ kind: 'done', observed: wanted });
    expect(aws.changes).toHaveLength(before);
  });

  it('lets Lambda read the version of an object that this service has no bytes of', async () => {
    const version = await putObject(bytes);
    await putObject(old);
    kept = Buffer.from('nothing');
    expect(await settle({}, { ...object, version })).toMatchObject({ kind: 'done', observed: wanted });
  });

  it('an object with other bytes than its metadata says is digestMismatch, and no alias moves', async () => {
    const version = await putObject(Buffer.concat([bytes, Buffer.from('x')]));
    const observed = `sha256:${createHash('sha256').update(bytes).update('x').digest('hex')}`;
    const answer = await settle({ alias: 'live' }, { ...object, version });
    expect(answer).toMatchObject({ kind: 'failed', code: 'digestMismatch', observed });
    const alias = lambda.send(new GetAliasCommand({ FunctionName: name, Name: 'live' }));
    await expect(alias).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('somebody else changing the code after the update is digestMismatch', async () => {
    await run();
    aws.resolveTo(`sha256:${'c'.repeat(64)}`);
    const answer = await run({}, file, { updated: true });
    expect(answer).toMatchObject({ kind: 'failed', code: 'digestMismatch', observed: `sha256:${'c'.repeat(64)}` });
  });

  it.each<[string, Artifact, Buffer, string, RegExp]>([
    ['other bytes than were bound', file, old, 'checksumMismatch', /shop\.zip/],
    ['a file of unknown sum', { ...file, metadata: {} }, bytes, 'digestRequired', /sha256/],
    ['an image', { ...file, type: 'docker/image' }, bytes, 'invalidInput', /zip file/],
  ])('%s: refused, nothing done', async (_case, artifact, has, code, says) => {
    kept = has;
    const before = aws.changes.length;
    await expect(run({}, artifact)).rejects.toMatchObject({
      code,
      retryable: false,
      message: expect.stringMatching(says),
    });
    expect(aws.changes).toHaveLength(before);
  });

  it.each<[string, JsonObject]>([
    ['an image for a function of a zip file', { image: `registry.example.com/shop@${wanted}` }],
    ['both', { package: file.reference, image: `registry.example.com/shop@${wanted}` }],
    ['neither', {}],
  ])('%s is invalidInput before anything changes', async (_case, given) => {
    const before = aws.changes.length;
    const refused = deployer().run({ ...request({}, file), with: { function: name, ...given } });
    await expect(refused).rejects.toMatchObject({ code: 'invalidInput', message: expect.stringContaining('package') });
    expect(aws.changes).toHaveLength(before);
  });
});
