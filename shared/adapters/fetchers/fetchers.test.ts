import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type FixtureServer, startServer } from '../../../test/fixtures/http-server.ts';
import type { Account, AccountSecret, AccountType } from '../../domain/account.ts';
import type { Artifact } from '../../domain/artifact.ts';
import { normaliseArtifact } from '../../domain/artifact-identity.ts';
import { parseDigest } from '../../domain/digest.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { Manifest, RegistryClient } from '../../ports/registry-client.ts';
import { createOutbound } from '../outbound/outbound.ts';
import { createFetchers } from './fetchers.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const commit = 'c0ffee00'.repeat(5);
const content = 'replicas: 2\n';
const hex = (algorithm: string, text = content): string => createHash(algorithm).update(text).digest('hex');

let server: FixtureServer;
let answers: Record<string, Answer | string>;
beforeAll(async () => {
  server = await startServer((request, response) => {
    const answer = answers[request.url ?? ''];
    if (answer === undefined) response.writeHead(404).end();
    else if (typeof answer === 'string') response.end(answer);
    else answer(request, response);
  });
});
afterAll(() => server.close());
beforeEach(() => {
  answers = {};
});

const manifest = JSON.stringify({
  layers: [
    {
      mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
      digest: `sha256:${hex('sha256')}`,
      size: content.length,
    },
  ],
});
const charts: Pick<RegistryClient, 'resolveTag' | 'manifest' | 'blob'> = {
  resolveTag: async (_repository, tag, asker) => {
    expect([tag, asker]).toEqual(['1.2.0_1', { pipelines: ['shop'] }]);
    return chartManifest();
  },
  manifest: async () => chartManifest(),
  blob: async () => Buffer.from(content),
};

function chartManifest(): Manifest {
  const digest = parseDigest(`sha256:${hex('sha256', manifest)}`);
  if (digest === undefined) throw new Error('no digest');
  return { digest, mediaType: 'application/vnd.oci.image.manifest.v1+json', bytes: Buffer.from(manifest) };
}

function account(type: AccountType, given: Partial<Account> & { readonly secret?: AccountSecret } = {}) {
  const { secret = {}, ...more } = given;
  const made = { name: 'files', type, host: server.host, insecure: true, updatedAt: 0, rev: 1, ...more };
  return { account: made, secret };
}

function artifact(type: string, reference: string, more: JsonObject = {}): Artifact {
  const made = normaliseArtifact({ type, reference, name: 'cfg', ...more }, (bytes) =>
    createHash('sha1').update(bytes).digest(),
  );
  if (made.kind === 'invalid') throw new Error(JSON.stringify(made.errors));
  return made.artifact;
}

interface Case {
  readonly account?: ReturnType<typeof account>;
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
  readonly allow?: readonly string[];
}

async function fetched(wanted: Artifact, options: Case = {}) {
  const outbound = createOutbound({ allow: options.allow ?? [server.host] });
  const fetchers = createFetchers({ outbound, registry: charts as RegistryClient });
  const fetcher = fetchers[wanted.type];
  if (fetcher === undefined) throw new Error(`no fetcher for ${wanted.type}`);
  const { maxBytes = 1000, timeoutMs = 5000 } = options;
  const { bytes, version } = await fetcher.fetch({
    pipeline: 'shop',
    artifact: wanted,
    account: options.account,
    maxBytes,
    timeoutMs,
  });
  return { text: Buffer.from(bytes).toString(), version };
}

it('http/file: the bytes under the URL, with the proof of the account', async () => {
  answers['/cfg.yaml?v=2'] = (request, response) => response.end(request.headers.authorization ?? 'nobody');
  const wanted = artifact('http/file', `${server.url}/cfg.yaml?v=2#top`);
  expect(await fetched(wanted)).toEqual({ text: 'nobody', version: undefined });
  const bearer = account('http', { secret: { token: 't0ken' } });
  expect((await fetched(wanted, { account: bearer })).text).toBe('Bearer t0ken');
  const basic = account('http', { username: 'bob', secret: { password: 'pw' } });
  expect((await fetched(wanted, { account: basic })).text).toBe(`Basic ${Buffer.from('bob:pw').toString('base64')}`);
});

it.each<[string, JsonObject, string | undefined]>([
  ['md5 of flowPublic', { metadata: { md5: hex('md5') } }, undefined],
  ['md5 in upper case', { metadata: { md5: hex('md5').toUpperCase() } }, undefined],
  ['sha256', { metadata: { sha256: hex('sha256') } }, undefined],
  ['a version that is a digest', { version: `sha256:${hex('sha256')}` }, undefined],
  ['a version that is a word', { version: '1.4.0' }, undefined],
  ['another md5', { metadata: { md5: hex('md5', 'other') } }, 'checksumMismatch'],
  ['an md5 that is none', { metadata: { md5: 'abc' } }, 'checksumMismatch'],
  ['another sha256', { metadata: { sha256: hex('sha256', 'other') } }, 'checksumMismatch'],
  ['another version', { version: `sha256:${hex('sha256', 'other')}` }, 'checksumMismatch'],
])('what an artifact says of its bytes is checked: %s', async (_what, more, code) => {
  answers['/cfg'] = content;
  const outcome = fetched(artifact('http/file', `${server.url}/cfg`, more));
  if (code === undefined) expect((await outcome).text).toBe(content);
  else await expect(outcome).rejects.toMatchObject({ name: code });
});

it.each<[string, Answer, Case, string]>([
  ['nothing there', (_, response) => response.writeHead(404).end(), {}, 'contentNotFound'],
  ['gone', (_, response) => response.writeHead(410).end(), {}, 'contentNotFound'],
  ['a login', (_, response) => response.writeHead(401).end(), {}, 'contentDenied'],
  ['forbidden', (_, response) => response.writeHead(403).end(), {}, 'contentDenied'],
  ['busy', (_, response) => response.writeHead(429).end(), {}, 'outboundUnavailable'],
  ['broken', (_, response) => response.writeHead(502).end(), {}, 'outboundUnavailable'],
  ['part of it', (_, response) => response.writeHead(206).end('re'), {}, 'fetchNotPossible'],
  ['too much, announced', (_, response) => response.end('x'.repeat(2000)), {}, 'tooLarge'],
  [
    'too much, not announced',
    (_, response) => {
      response.write('x'.repeat(900));
      response.end('x'.repeat(900));
    },
    {},
    'tooLarge',
  ],
  ['too slow', (_, response) => void response.write('x'), { timeoutMs: 50 }, 'outboundUnavailable'],
  [
    'cut off',
    (_, response) => void response.writeHead(200, { 'content-length': 9 }).write('x', () => response.destroy()),
    {},
    'outboundUnavailable',
  ],
  [
    'a way to a private address',
    (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
    {},
    'addressRefused',
  ],
  [
    'a way to a file',
    (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    {},
    'outboundRefused',
  ],
  [
    'a way round and round',
    (_, response) => response.writeHead(302, { location: '/cfg' }).end(),
    {},
    'outboundRefused',
  ],
  ['an address that is not allowed', (_, response) => response.end(content), { allow: [] }, 'addressRefused'],
])('a hostile answer is a failure: %s', async (_what, answer, options, code) => {
  answers['/cfg'] = answer;
  await expect(fetched(artifact('http/file', `${server.url}/cfg`), options)).rejects.toMatchObject({ name: code });
});

it('credentials do not follow a redirect to another host', async () => {
  const seen: (string | undefined)[] = [];
  const other = await startServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end(content);
  });
  answers['/cfg'] = (_, response) => response.writeHead(302, { location: `${other.url}/cfg` }).end();
  const mine = account('http', { secret: { token: 't0ken' } });
  const options = { account: mine, allow: [server.host, other.host] };
  expect((await fetched(artifact('http/file', `${server.url}/cfg`), options)).text).toBe(content);
  expect(seen).toEqual([undefined]);
  await other.close();
});

it.each<[string, Partial<Account>]>([
  ['another host', { host: 'files.example.com' }],
  ['no host', { host: undefined }],
  ['https only', { insecure: false }],
])('an account for %s is not asked for its credentials', async (_what, given) => {
  answers['/cfg'] = content;
  const seen = server.seen.length;
  const mine = account('http', { ...given, secret: { token: 't0ken' } });
  const outcome = fetched(artifact('http/file', `${server.url}/cfg`), { account: mine });
  await expect(outcome).rejects.toMatchObject({ name: 'accountNotPermitted' });
  expect(server.seen.length).toBe(seen);
});

it('github/file: a branch becomes the commit that it is now', async () => {
  answers['/repos/team/cfg/commits/main'] = (request, response) => {
    expect(request.headers.accept).toBe('application/vnd.github.sha');
    response.end(commit);
  };
  answers[`/repos/team/cfg/contents/a/b.yaml?ref=${commit}`] = (request, response) => {
    expect(request.headers).toMatchObject({ accept: 'application/vnd.github.raw+json', authorization: 'Bearer gh' });
    response.end(content);
  };
  const reference = `${server.url}/repos/team/cfg/contents/a/b.yaml`;
  const mine = account('github', { secret: { token: 'gh' } });
  const branch = artifact('github/file', reference, { version: 'main' });
  expect(await fetched(branch, { account: mine })).toEqual({ text: content, version: commit });
  const pinned = artifact('github/file', reference, { version: commit });
  expect(await fetched(pinned, { account: mine })).toEqual({ text: content, version: commit });
});

it('gitlab/file: read at a commit, with the token header of GitLab', async () => {
  const project = '/api/v4/projects/team%2Fcfg';
  answers[`${project}/repository/commits/HEAD`] = JSON.stringify({ id: commit, title: 'x' });
  answers[`${project}/repository/files/a%2Fb.yaml/raw?ref=${commit}`] = (request, response) =>
    response.end(request.headers['private-token']);
  const wanted = artifact('gitlab/file', `${server.url}${project}/repository/files/a%2Fb.yaml/raw`);
  const mine = account('gitlab', { secret: { token: 'gl' } });
  expect(await fetched(wanted, { account: mine })).toEqual({ text: 'gl', version: commit });
});

it.each([
  [
    'cloud',
    '/2.0/repositories/team/cfg/src/main/a/b.yaml',
    '/2.0/repositories/team/cfg/commit/main',
    'hash',
    `/2.0/repositories/team/cfg/src/${commit}/a/b.yaml`,
  ],
  [
    'cloud, the old API',
    '/1.0/repositories/team/cfg/raw/main/a/b.yaml',
    '/2.0/repositories/team/cfg/commit/main',
    'hash',
    `/2.0/repositories/team/cfg/src/${commit}/a/b.yaml`,
  ],
  [
    'server',
    '/rest/api/1.0/projects/T/repos/cfg/raw/a/b.yaml?at=main',
    '/rest/api/1.0/projects/T/repos/cfg/commits/main',
    'id',
    `/rest/api/1.0/projects/T/repos/cfg/raw/a/b.yaml?at=${commit}`,
  ],
])('bitbucket/file: %s', async (_what, reference, commitPath, key, file) => {
  answers[commitPath] = JSON.stringify({ [key]: commit });
  answers[file] = content;
  const wanted = artifact('bitbucket/file', `${server.url}${reference}`);
  const mine = account('bitbucket', { username: 'bob', secret: { password: 'pw' } });
  expect(await fetched(wanted, { account: mine })).toEqual({ text: content, version: commit });
});

it.each([
  ['github', '/api/v3/repos/team/cfg/commits/v1', commit, `/api/v3/repos/team/cfg/tarball/${commit}`],
  [
    'gitlab',
    '/api/v4/projects/team%2Fcfg/repository/commits/v1',
    JSON.stringify({ id: commit }),
    `/api/v4/projects/team%2Fcfg/repository/archive.tar.gz?sha=${commit}`,
  ],
  [
    'bitbucket',
    '/2.0/repositories/team/cfg/commit/v1',
    JSON.stringify({ hash: commit }),
    `/team/cfg/get/${commit}.tar.gz`,
  ],
] as const)('git/repo: the archive of %s at a commit', async (type, commitPath, answer, archive) => {
  answers[commitPath] = answer;
  answers[archive] = content;
  const wanted = artifact('git/repo', `${server.url}/team/cfg.git`, { version: 'v1' });
  expect(await fetched(wanted, { account: account(type) })).toEqual({ text: content, version: commit });
});

it.each([
  ['a host that only speaks git', 'https://git.example.com/team/cfg.git', 'git.example.com gives no files without git'],
  ['an ssh address of one', 'git@git.example.com:team/cfg.git', 'git.example.com gives no files without git'],
  ['no repository', 'https://github.com/', 'must be like https://github.com/'],
  ['a way out', 'https://github.com/team/../..', 'must be like https://github.com/'],
])('git/repo: %s is refused with what to do', async (_what, reference, message) => {
  await expect(fetched(artifact('git/repo', reference))).rejects.toMatchObject({
    name: 'fetchNotPossible',
    message: expect.stringContaining(message),
  });
});

it('s3/object: signed, by versionId, with the bucket in the path', async () => {
  answers['/cfg-bucket/a/b%20c.yaml?x-id=GetObject&versionId=v7'] = (request, response) => {
    expect(request.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIA\/\d{8}\/eu-west-1\/s3\/aws4_request/,
    );
    response.writeHead(200, { 'x-amz-version-id': 'v7' }).end(content);
  };
  const wanted = artifact('s3/object', 's3://cfg-bucket/a/b c.yaml', { version: 'v7' });
  const mine = account('s3', { region: 'eu-west-1', username: 'AKIA', secret: { password: 'secret' } });
  expect(await fetched(wanted, { account: mine })).toEqual({ text: content, version: 'v7' });
});

it('s3/object: as the role of an account of type aws, where roles can be taken', async () => {
  answers['/cfg-bucket/a?x-id=GetObject'] = (request, response) => {
    const { authorization = '', 'x-amz-security-token': token } = request.headers;
    response.end(`${/Credential=(\w+)/.exec(authorization)?.[1]} ${token}`);
  };
  const wanted = artifact('s3/object', 's3://cfg-bucket/a');
  const mine = account('aws', { roleArn: 'arn:aws:iam::123456789012:role/files' });
  await expect(fetched(wanted, { account: mine })).rejects.toMatchObject({ name: 'fetchNotPossible' });
  const uses: unknown[] = [];
  const outbound = createOutbound({ allow: [server.host] });
  const taken = { accessKeyId: 'ASIA', secretAccessKey: 'secret', sessionToken: 'session' };
  const role = async (use: object) => {
    uses.push(use);
    return async () => taken;
  };
  const fetcher = createFetchers({ outbound, registry: charts as RegistryClient, role })['s3/object'];
  const request = { pipeline: 'shop', artifact: wanted, account: mine, maxBytes: 1000, timeoutMs: 5000 };
  const { bytes } = (await fetcher?.fetch(request)) ?? {};
  expect(Buffer.from(bytes ?? []).toString()).toBe('ASIA session');
  expect(uses).toEqual([{ account: 'files', pipeline: 'shop' }]);
});

it.each<[string, number, string, string]>([
  ['an absent key', 404, 'NoSuchKey', 'contentNotFound'],
  ['no right', 403, 'AccessDenied', 'contentDenied'],
  ['a pause', 503, 'SlowDown', 'outboundUnavailable'],
  ['a bad request', 400, 'InvalidArgument', 'fetchNotPossible'],
])('s3/object: %s', async (_what, status, s3code, code) => {
  answers['/cfg-bucket/a?x-id=GetObject'] = (request, response) => {
    expect(request.headers.authorization).toBeUndefined();
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${s3code}</Code><Message>no</Message></Error>`);
  };
  const outcome = fetched(artifact('s3/object', 's3://cfg-bucket/a'), { account: account('s3') });
  await expect(outcome).rejects.toMatchObject({ name: code });
});

it('s3/object: a bucket without versions gives none, and a large object is too large', async () => {
  answers['/cfg-bucket/a?x-id=GetObject'] = (_, response) =>
    response.writeHead(200, { 'x-amz-version-id': 'null' }).end(content);
  answers['/cfg-bucket/b?x-id=GetObject'] = 'x'.repeat(2000);
  expect(await fetched(artifact('s3/object', 's3://cfg-bucket/a'), { account: account('s3') })).toEqual({
    text: content,
    version: undefined,
  });
  const large = fetched(artifact('s3/object', 's3://cfg-bucket/b'), { account: account('s3') });
  await expect(large).rejects.toMatchObject({ name: 'tooLarge' });
});

it.each([
  ['the generation behind #', 'gs://cfg/a/b.yaml#17', {}, '&generation=17'],
  ['the generation as version', 'gs://cfg/a/b.yaml', { version: '17' }, '&generation=17'],
  ['none: the one that came', 'gs://cfg/a/b.yaml', {}, ''],
])('gcs/object: %s', async (_what, reference, more, query) => {
  answers[`/storage/v1/b/cfg/o/a%2Fb.yaml?alt=media${query}`] = (request, response) => {
    const md5 = createHash('md5').update(content).digest('base64');
    response.writeHead(200, { 'x-goog-generation': '17', 'x-goog-hash': `crc32c=AAAAAA==,md5=${md5}` });
    response.end(request.headers.authorization === 'Bearer goog' ? content : 'who?');
  };
  const mine = account('gcs', { secret: { token: 'goog' } });
  expect(await fetched(artifact('gcs/object', reference, more), { account: mine })).toEqual({
    text: content,
    version: '17',
  });
});

it('gcs/object: other bytes than its hash says', async () => {
  answers['/storage/v1/b/cfg/o/a?alt=media'] = (_, response) =>
    response.writeHead(200, { 'x-goog-hash': 'md5=AAAAAAAAAAAAAAAAAAAAAA==' }).end(content);
  const outcome = fetched(artifact('gcs/object', 'gs://cfg/a'), { account: account('gcs') });
  await expect(outcome).rejects.toMatchObject({ name: 'checksumMismatch' });
});

const chartIndex = (digest: string, url: string): string =>
  `apiVersion: v1\nentries:\n  shop:\n  - {version: 1.3.0, urls: [x]}\n  - {version: 1.2.0, urls: ["${url}"], digest: ${digest}}\n`;

it.each([
  ['relative to the repository', 'shop-1.2.0.tgz', '/charts/shop-1.2.0.tgz'],
  ['from the root', '/other/shop.tgz', '/other/shop.tgz'],
])('helm/chart: found in the index, %s, its digest checked', async (_what, url, path) => {
  answers['/charts/index.yaml'] = chartIndex(hex('sha256'), url);
  answers[path] = content;
  const wanted = artifact('helm/chart', 'shop', { name: 'shop', version: '1.2.0' });
  const mine = account('helm', { path: '/charts/' });
  expect(await fetched(wanted, { account: mine })).toEqual({ text: content, version: '1.2.0' });
});

it.each<[string, string, JsonObject, string]>([
  ['other bytes', chartIndex(hex('sha256', 'other'), 'shop.tgz'), { version: '1.2.0' }, 'checksumMismatch'],
  ['an unknown version', chartIndex('', 'shop.tgz'), { version: '9.9.9' }, 'contentNotFound'],
  ['no version', chartIndex('', 'shop.tgz'), {}, 'fetchNotPossible'],
  ['no index', '<html>', { version: '1.2.0' }, 'fetchNotPossible'],
  ['a web of aliases', 'a: &a [x]\nentries: {shop: [*a, *a]}', { version: '1.2.0' }, 'fetchNotPossible'],
])('helm/chart: %s', async (_what, index, more, code) => {
  answers['/index.yaml'] = index;
  answers['/shop.tgz'] = content;
  const wanted = artifact('helm/chart', server.url, { name: 'shop', ...more });
  await expect(fetched(wanted)).rejects.toMatchObject({ name: code });
});

it('helm/image: the chart layer of an OCI artifact; its version is the digest', async () => {
  const digest = `sha256:${hex('sha256', manifest)}`;
  const byTag = artifact('helm/image', 'oci://registry.example.com/charts/shop', { version: '1.2.0+1' });
  expect(await fetched(byTag)).toEqual({ text: content, version: digest });
  const byDigest = artifact('helm/image', `registry.example.com/charts/shop@${digest}`);
  expect(await fetched(byDigest)).toEqual({ text: content, version: digest });
});

it('maven/file: coordinates, checked by the file beside it', async () => {
  answers['/repo/com/example/shop/1.4/shop-1.4.jar'] = content;
  answers['/repo/com/example/shop/1.4/shop-1.4.jar.sha1'] = `${hex('sha1')}  shop-1.4.jar\n`;
  answers['/repo/com/example/shop/1.4/shop-1.4-sources.zip'] = content;
  answers['/repo/com/example/shop/1.4/shop-1.4-sources.zip.md5'] = hex('md5', 'other');
  const mine = account('maven', { path: '/repo' });
  const options = { account: mine };
  expect(await fetched(artifact('maven/file', 'com.example:shop:1.4'), options)).toEqual({
    text: content,
    version: '1.4',
  });
  const split = artifact('maven/file', 'com.example:shop', { version: '1.4' });
  expect(await fetched(split, options)).toEqual({ text: content, version: '1.4' });
  const sources = artifact('maven/file', 'com.example:shop:zip:sources:1.4');
  await expect(fetched(sources, options)).rejects.toMatchObject({ name: 'checksumMismatch' });
});

it.each([
  ['maven/file', 'com.example:shop:1.4-SNAPSHOT'],
  ['maven/file', 'com.example:shop:LATEST'],
  ['maven/file', 'com.example:../../shop:1'],
  ['maven/file', 'shop'],
  ['ivy/file', 'com.example:shop:latest.release'],
  ['ivy/file', 'com.example'],
  ['jenkins/file', 'https://elsewhere.example.com/job/x'],
  ['jenkins/file', '/job/../../secret'],
  ['s3/object', 'https://s3.amazonaws.com/a/b'],
  ['gcs/object', 'a/b'],
  ['oracle/object', 'bucket/x'],
  ['github/file', 'https://example.com/x'],
  ['gitlab/file', 'https://example.com/x'],
  ['bitbucket/file', 'https://example.com/x'],
  ['http/file', 'file:///etc/passwd'],
  ['http/file', 'https://bob:pw@example.com/x'],
  ['helm/image', 'oci://::'],
])('%s: %s cannot be fetched and says what it should be', async (type, reference) => {
  const types: Readonly<Record<string, AccountType>> = {
    'jenkins/file': 'jenkins',
    'maven/file': 'maven',
    'ivy/file': 'ivy',
  };
  const of = types[type];
  const outcome = fetched(artifact(type, reference), of === undefined ? {} : { account: account(of) });
  await expect(outcome).rejects.toMatchObject({ name: 'fetchNotPossible' });
});

it.each(['maven/file', 'ivy/file', 'jenkins/file'])('%s needs an account that says where', async (type) => {
  const outcome = fetched(artifact(type, 'com.example:shop:1'));
  await expect(outcome).rejects.toMatchObject({
    name: 'fetchNotPossible',
    message: expect.stringContaining('account'),
  });
});

it.each([
  [undefined, '/repo/com.example/shop/1.4/jars/shop-1.4.jar'],
  [
    '[orgPath]/[module]/[artifact]([-revision]).[ext]'.replace('([-revision])', '-[revision]'),
    '/repo/com/example/shop/shop-1.4.jar',
  ],
])('ivy/file: by the pattern %s', async (pattern, path) => {
  answers[path] = content;
  answers[`${path}.sha256`] = hex('sha256');
  const mine = account('ivy', { path: '/repo', pattern });
  expect(await fetched(artifact('ivy/file', 'com.example:shop:1.4'), { account: mine })).toEqual({
    text: content,
    version: '1.4',
  });
});

it('jenkins/file: a path from the controller, with user and token', async () => {
  answers['/jenkins/job/shop/7/artifact/a%20b.war'] = (request, response) =>
    response.end(Buffer.from((request.headers.authorization ?? '').slice(6), 'base64'));
  const mine = account('jenkins', { path: '/jenkins', username: 'bob', secret: { token: 'api' } });
  for (const reference of ['/job/shop/7/artifact/a b.war', `${server.url}/jenkins/job/shop/7/artifact/a%20b.war`]) {
    expect((await fetched(artifact('jenkins/file', reference), { account: mine })).text).toBe('bob:api');
  }
});

it('oracle/object: through an account, or pre-authenticated', async () => {
  answers['/n/team/b/cfg/o/a%2Fb?versionId=v1'] = (request, response) =>
    response.writeHead(200, { 'version-id': 'v1' }).end(request.headers.authorization);
  answers['/p/secret/n/team/b/cfg/o/a'] = content;
  const mine = account('oracle', { path: '/n/team', secret: { token: 'oci' } });
  const wanted = artifact('oracle/object', 'oci://cfg/a/b#v1');
  expect(await fetched(wanted, { account: mine })).toEqual({ text: 'Bearer oci', version: 'v1' });
  const signed = artifact('oracle/object', `${server.url}/p/secret/n/team/b/cfg/o/a`);
  expect((await fetched(signed)).text).toBe(content);
});
