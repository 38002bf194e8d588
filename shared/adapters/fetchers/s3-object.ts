import { Readable } from 'node:stream';
import { GetObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { Failure } from '../../domain/failure.ts';
import { isFault, mayPass } from '../../domain/service-fault.ts';
import type { ArtifactFetcher, FetchRequest } from '../../ports/artifact-fetcher.ts';
import type { Outbound } from '../../ports/outbound.ts';
import { originOf } from './git-hosts.ts';

export interface S3Parts {
  readonly outbound: Outbound;
  /** Credentials of the role of an account of type aws, in the pipeline's name. Absent where no role can be taken. */
  readonly role?: (use: {
    readonly account: string;
    readonly pipeline: string;
  }) => Promise<RoleCredentials | undefined>;
}

type RoleCredentials = () => Promise<{
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}>;

/**
 * Reference `s3://{bucket}/{key}`, the versionId as the version. Signed with the account's access key (username) and secret key
 * (password), or as the role of an account of type aws; unsigned without: the service's own rights are never lent to a pipeline.
 * Every call goes through the one outbound client, to the account's host or the region's own, with the bucket in the path.
 */
export function createS3Object({ outbound, role }: S3Parts): ArtifactFetcher {
  return {
    type: 's3/object',
    accountTypes: ['s3', 'aws'],
    async fetch(request) {
      const [, bucket = '', key = ''] = /^s3:\/\/([A-Za-z0-9._-]{3,255})\/(.+)$/.exec(request.artifact.reference) ?? [];
      if (bucket === '')
        throw new Failure('fetchNotPossible', 'The reference of s3/object must be like s3://bucket/key');
      const client = clientFor(outbound, request, await identityOf(request, role));
      try {
        const wanted = { Bucket: bucket, Key: key, VersionId: request.artifact.version };
        const { Body, VersionId } = await client.send(new GetObjectCommand(wanted));
        const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
        // A bucket without versions says `null`.
        return { bytes, version: VersionId === 'null' ? undefined : VersionId };
      } catch (error) {
        throw fetchFailure(error, `s3://${bucket}/${key}`);
      } finally {
        client.destroy();
      }
    },
  };
}

type Identity = NonNullable<S3ClientConfig['credentials']>;

/** Who signs; undefined = nobody. */
async function identityOf({ account, pipeline }: FetchRequest, role: S3Parts['role']): Promise<Identity | undefined> {
  if (account === undefined) return undefined;
  const { name, type, username } = account.account;
  const { password } = account.secret;
  if (type !== 'aws') {
    const isWhole = username !== undefined && password !== undefined;
    return isWhole ? { accessKeyId: username, secretAccessKey: password } : undefined;
  }
  const taken = await role?.({ account: name, pipeline });
  if (taken !== undefined) return taken;
  throw new Failure('fetchNotPossible', `Account ${name} is a role of AWS, which only the engine on AWS can take`);
}

function clientFor(
  outbound: Outbound,
  { account, maxBytes, timeoutMs }: FetchRequest,
  identity: Identity | undefined,
): S3Client {
  const { region = 'us-east-1', host } = account?.account ?? {};
  return new S3Client({
    region,
    endpoint: originOf(host ?? `s3.${region}.amazonaws.com`, account?.account),
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: identity ?? { accessKeyId: '', secretAccessKey: '' },
    ...(identity === undefined ? { signer: { sign: async <T>(unsigned: T): Promise<T> => unsigned } } : {}),
    requestHandler: throughOutbound(outbound, { maxBytes, timeoutMs }),
  });
}

interface SignedRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The SDK signs, the outbound client sends: addresses are checked, redirects are not followed with a signature. */
function throughOutbound(outbound: Outbound, limits: { readonly maxBytes: number; readonly timeoutMs: number }) {
  return {
    async handle(request: SignedRequest) {
      const { method } = request;
      const url = urlOf(request);
      const headers = withoutConnection(request.headers);
      const answer = await outbound.request({ method, url, headers, maxRedirects: 0, ...limits });
      return {
        response: { statusCode: answer.status, headers: { ...answer.headers }, body: Readable.from([answer.body]) },
      };
    },
  };
}

function urlOf({ protocol, hostname, port, path, query = {} }: SignedRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  );
  const search = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search}`;
}

/** Those the connection sets itself, with the values that were signed. */
function withoutConnection(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(?:host|content-length)$/i.test(name)));
}

function fetchFailure(error: unknown, what: string): Failure {
  if (error instanceof Failure) return error;
  const name = error instanceof Error ? error.name : 'unknown';
  if (isFault(error, 'NoSuchKey', 'NoSuchVersion', 'NoSuchBucket', 'NotFound')) {
    return new Failure('contentNotFound', `There is no ${what} (${name})`, { cause: error });
  }
  if (mayPass(error))
    return new Failure('outboundUnavailable', `S3 cannot give ${what} now (${name})`, { cause: error });
  const isDenied = /^(?:AccessDenied|Forbidden|InvalidAccessKeyId|SignatureDoesNotMatch|AllAccessDisabled)/.test(name);
  const code = isDenied ? 'contentDenied' : 'fetchNotPossible';
  return new Failure(code, `S3 refused ${what} (${name})`, { cause: error });
}
