import { createHash, createPublicKey, verify } from 'node:crypto';
import { CreateRepositoryCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { CreateKeyCommand, type KeySpec, type KeyUsageType, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { awsPorts } from '../../functions/aws-ports.ts';
import { createHandler } from '../../functions/process-delivery/handler.ts';
import { createAwsApi } from '../../shared/adapters/aws-api/aws-api.ts';
import { ensureTable } from '../../shared/adapters/dynamodb/create-table.ts';
import { createDynamoClient } from '../../shared/adapters/dynamodb/dynamo-client.ts';
import { createStores } from '../../shared/adapters/dynamodb/stores.ts';
import { createTable } from '../../shared/adapters/dynamodb/table.ts';
import { ecrAccounts } from '../../shared/adapters/ecr/ecr-accounts.ts';
import { ecrImageStates } from '../../shared/adapters/ecr/image-states.ts';
import { createFetchers } from '../../shared/adapters/fetchers/fetchers.ts';
import { createSigner } from '../../shared/adapters/kms/signer.ts';
import { createBlobStore } from '../../shared/adapters/s3/blob-store.ts';
import { createSecretStore } from '../../shared/adapters/secrets/secret-store.ts';
import { createEventQueue } from '../../shared/adapters/sqs/event-queue.ts';
import { createOrchestrator } from '../../shared/adapters/stepfunctions/orchestrator.ts';
import { envNames } from '../../shared/contracts/env.ts';
import { parseDigest } from '../../shared/domain/digest.ts';
import { stateMachine } from '../../shared/machine/state-machine.ts';
import { describeAccessStores } from '../contracts/access-stores.ts';
import { describeArtifactStore } from '../contracts/artifact-store.ts';
import { describeContentStore } from '../contracts/content-store.ts';
import { describeDeliveryStore } from '../contracts/delivery-store.ts';
import { describeEnvironmentStore } from '../contracts/environment-store.ts';
import { describeExecutionStore } from '../contracts/execution-store.ts';
import { describePipelineStore } from '../contracts/pipeline-store.ts';
import { describeRetention } from '../contracts/retention-store.ts';
import { fixedNow } from '../fixtures/embedded-table.ts';
import { loopbackOutbound } from '../fixtures/loopback-outbound.ts';
import { type Moto, motoMissing, startMoto } from '../fixtures/moto.ts';
import { digestOf, ociImage } from '../fixtures/oci-image.ts';
import { partialPorts } from '../fixtures/partial-ports.ts';

const missing = motoMissing();
if (missing !== undefined) console.log(`skipped: adapters of AWS against moto: ${missing}`);

it.runIf(process.env.WAYBILL_REQUIRE_MOTO === '1')('has moto', () => expect(missing).toBeUndefined());

const clock = { now: () => fixedNow };
let moto: Moto;
let count = 0;
/** A name that no other test has. */
const fresh = (): string => `waybill-${++count}`;

/** As docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html shows a completed deletion. */
const deletion = {
  version: '0',
  id: 'dd3b46cb-2c74-f49e-393b-28286b67279d',
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  time: '2019-11-16T02:01:05Z',
  region: 'us-west-2',
  resources: [],
  detail: {
    result: 'SUCCESS',
    'repository-name': 'my-repository-name',
    'image-digest': `sha256:${'7f'.repeat(32)}`,
    'action-type': 'DELETE',
    'image-tag': 'latest',
  },
};

const settingOf = (name: string): string => {
  const known: Readonly<Record<string, string>> = envNames;
  return known[name] ?? name;
};

describe.skipIf(missing !== undefined)('adapters of AWS against moto', { timeout: 60_000 }, () => {
  // The adapters make their own clients, as in a function: only the environment tells them where AWS is.
  beforeAll(async () => {
    moto = await startMoto();
    vi.stubEnv('AWS_ENDPOINT_URL', moto.url);
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  }, 90_000);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await moto?.close();
  });

  async function bucket(): Promise<string> {
    const name = fresh();
    const at = { LocationConstraint: 'eu-west-1' } as const;
    await new S3Client().send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: at }));
    return name;
  }

  async function table(): Promise<string> {
    const name = fresh();
    await ensureTable(createDynamoClient(), name);
    return name;
  }

  async function queue(): Promise<string> {
    const { QueueUrl } = await new SQSClient().send(new CreateQueueCommand({ QueueName: fresh() }));
    return QueueUrl ?? '';
  }

  async function keyOf(spec: KeySpec, usage: KeyUsageType): Promise<string> {
    const { KeyMetadata } = await new KMSClient().send(new CreateKeyCommand({ KeySpec: spec, KeyUsage: usage }));
    return KeyMetadata?.Arn ?? '';
  }

  async function stores() {
    const blobs = createBlobStore(await bucket());
    return createStores(createTable(createAwsApi('dynamodb'), { tableName: await table(), blobs, clock }), clock);
  }

  describe('receivers, accounts, tokens', () => describeAccessStores(stores));
  describe('deliveries', () => describeDeliveryStore(async () => (await stores()).deliveries));
  describe('pipelines', () => describePipelineStore(async () => (await stores()).pipelines));
  describe('artifacts', () => describeArtifactStore(async () => (await stores()).artifacts));
  describe('executions', () => describeExecutionStore(async () => (await stores()).executions));
  describe('environments', () => describeEnvironmentStore(async () => (await stores()).environments));
  describe('content', () => describeContentStore(async () => (await stores()).contents));
  describe('retention', () => describeRetention(stores));

  it('S3 keeps what was put first', async () => {
    const blobs = createBlobStore(await bucket());
    expect(await blobs.get('a/b')).toBeUndefined();
    await blobs.put('a/b', Buffer.from('first'));
    await blobs.put('a/b', Buffer.from('second'));
    expect(Buffer.from((await blobs.get('a/b')) ?? []).toString()).toBe('first');
    await blobs.remove('a/b');
    await blobs.remove('a/b');
    expect(await blobs.get('a/b')).toBeUndefined();
  });

  it('S3 gives the version of an object that an artifact names, with the account of who may', async () => {
    const [Bucket, Key] = [await bucket(), 'a/b c.yaml'];
    const client = new S3Client({ forcePathStyle: true });
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    const { VersionId } = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'first' }));
    const second = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'second' }));
    const host = new URL(moto.url).host;
    const made = {
      name: 'files',
      type: 's3',
      host,
      insecure: true,
      region: 'eu-west-1',
      updatedAt: 0,
      rev: 1,
    } as const;
    const account = { account: { ...made, username: 'AKIDEXAMPLE' }, secret: { password: 'secret' } };
    const fetchers = createFetchers({ outbound: loopbackOutbound(), registry: partialPorts({}).registry });
    const fetched = async (version?: string) => {
      const reference = `s3://${Bucket}/${Key}`;
      const artifact = { type: 's3/object', name: reference, reference, version, metadata: {}, uuid: 'u1' };
      const limits = { maxBytes: 1000, timeoutMs: 10_000 };
      const answer = await fetchers['s3/object']?.fetch({ pipeline: 'shop', artifact, account, ...limits });
      return { text: Buffer.from(answer?.bytes ?? []).toString(), version: answer?.version };
    };
    expect(await fetched(VersionId)).toEqual({ text: 'first', version: VersionId });
    expect(await fetched()).toEqual({ text: 'second', version: second.VersionId });
    await expect(fetched('00000000-none')).rejects.toMatchObject({
      name: expect.stringMatching(/^(?:contentNotFound|fetchNotPossible)$/),
    });
  });

  it('SQS carries the id of a delivery', async () => {
    const QueueUrl = await queue();
    await createEventQueue(QueueUrl, createAwsApi('sqs')).send('dlv_1');
    const { Messages } = await new SQSClient().send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages?.map(({ Body }) => JSON.parse(Body ?? ''))).toEqual([{ v: 1, deliveryId: 'dlv_1' }]);
  });

  it('Secrets Manager keeps, changes and forgets a secret, and takes its name again', async () => {
    const secrets = createSecretStore({ prefix: `${fresh()}/`, clock, cacheMs: 0 }, createAwsApi('secretsmanager'));
    expect(await secrets.get('account/hub')).toBeUndefined();
    for (const value of ['one', 'two']) {
      await secrets.put('account/hub', value);
      expect(await secrets.get('account/hub')).toBe(value);
    }
    await secrets.remove('account/hub');
    expect(await secrets.get('account/hub')).toBeUndefined();
    await secrets.put('account/hub', 'three');
    expect(await secrets.get('account/hub')).toBe('three');
  });

  it('KMS signs what its public key verifies, and makes the same mac for the same text', async () => {
    const signing = await keyOf('ECC_NIST_P256', 'SIGN_VERIFY');
    const signer = createSigner({ signing, mac: await keyOf('HMAC_256', 'GENERATE_VERIFY_MAC') });
    const data = Buffer.from('a proof');
    const { keyId, signature } = await signer.sign(data);
    const [publicKey] = await signer.keys();
    expect(publicKey).toMatchObject({ keyId, algorithm: 'ECDSA_P256_SHA256' });
    // moto 5.2 takes the digest for the message and hashes it again: its sign() in moto/kms/models.py knows no MessageType.
    const signed = [data, createHash('sha256').update(data).digest()];
    const pem = createPublicKey(publicKey?.pem ?? '');
    expect(signed.filter((bytes) => verify('sha256', bytes, pem, signature))).toHaveLength(1);
    expect(await signer.mac('a')).toBe(await signer.mac('a'));
    expect(await signer.mac('a')).not.toBe(await signer.mac('b'));
  });

  it('Step Functions starts an execution once, knows that it runs, stops it, and has none of another name', async () => {
    const client = new SFNClient();
    const run = 'arn:aws:lambda:eu-west-1:123456789012:function:run-node';
    const { stateMachineArn = '' } = await client.send(
      new CreateStateMachineCommand({
        name: fresh(),
        definition: JSON.stringify(stateMachine({ run, park: run })),
        roleArn: 'arn:aws:iam::123456789012:role/machine',
      }),
    );
    const orchestrator = createOrchestrator(stateMachineArn, createAwsApi('states'));
    expect(await orchestrator.running('shop-1')).toBeUndefined();
    await orchestrator.start('shop-1', { v: 1, execution: 'shop-1', machine: 'shop-1' });
    await orchestrator.start('shop-1', { v: 1, execution: 'shop-1', machine: 'shop-1' });
    expect(await orchestrator.running('shop-1')).toBe(true);
    await orchestrator.stop('shop-1', 'cancelled');
    expect(await orchestrator.running('shop-1')).toBe(false);
    await orchestrator.stop('shop-2', 'cancelled');
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:shop-1`;
    const described = await client.send(new DescribeExecutionCommand({ executionArn }));
    expect(described).toMatchObject({ status: 'ABORTED' });
    expect(JSON.parse(described.input ?? '')).toEqual({ v: 1, execution: 'shop-1', machine: 'shop-1' });
  });

  it('ECR gives a token for the user AWS', async () => {
    const find = ecrAccounts({ clock: { now: () => Date.now() } });
    const found = await find('123456789012.dkr.ecr.eu-west-1.amazonaws.com');
    expect(found).toMatchObject({ account: { username: 'AWS' }, password: expect.stringMatching(/./) });
  });

  it('ECR says whether an image is there, in whatever status', async () => {
    const client = new ECRClient();
    const repositoryName = fresh();
    await client.send(new CreateRepositoryCommand({ repositoryName }));
    const image = ociImage({ 'index.html': 'one' });
    const imageManifest = Buffer.from(image.manifest).toString();
    const imageManifestMediaType = image.mediaType;
    const put = { repositoryName, imageManifest, imageManifestMediaType, imageTag: '1.0' };
    // Moto writes the manifest anew, so that its digest is one of moto's own.
    const digest = parseDigest((await client.send(new PutImageCommand(put))).image?.imageId?.imageDigest ?? '');
    const repository = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/${repositoryName}`;
    const states = ecrImageStates();
    expect(await states.read(repository, digest ?? image.digest)).toBe('active');
    await expect(states.read(repository, digestOf('nothing'))).rejects.toMatchObject({ code: 'manifestUnknown' });
    await expect(states.read(`${repository}x`, image.digest)).rejects.toMatchObject({ code: 'manifestUnknown' });
  });

  it('process-delivery, wired by the settings of the stack, makes an event of ECR a delivery once', async () => {
    const given = {
      table: await table(),
      bucket: await bucket(),
      webBucket: 'x',
      queueUrl: await queue(),
      machineAlias: 'arn:alias',
    };
    const rest = { secretPrefix: 'waybill/', signingKey: 'x', macKey: 'x', publicUrl: 'https://waybill.example.com' };
    const named = Object.entries({ ...given, ...rest }).map(([name, value]) => [settingOf(name), value]);
    const ports = awsPorts({ ...Object.fromEntries(named), WAYBILL_LOG_LEVEL: 'silent' });
    const body = JSON.stringify(deletion);
    const Records = [1, 2].map((number) => ({ messageId: `m${number}`, body }));
    expect(await createHandler(ports)({ Records })).toEqual({ batchItemFailures: [] });
    const { items } = await ports.deliveries.list({ receivers: ['ecr'], limit: 10 });
    expect(items).toMatchObject([{ receiver: 'ecr', status: 'processed', signed: true }]);
  });
});
