import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { type FixtureServer, startServer } from '../../test/fixtures/http-server.ts';
import { loopbackOutbound } from '../../test/fixtures/loopback-outbound.ts';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import { createFetchers } from '../adapters/fetchers/fetchers.ts';
import { normaliseArtifact } from '../domain/artifact-identity.ts';
import { contentKey, uploads } from '../domain/content.ts';
import type { BoundArtifact } from '../domain/execution.ts';
import { Failure } from '../domain/failure.ts';
import type { JsonObject } from '../domain/json.ts';
import type { StageDefinition } from '../domain/pipeline.ts';
import type { Ports } from '../ports/ports.ts';
import { fetchBound } from './fetch-bound.ts';
import { putAccount } from './put-account.ts';
import { readContent } from './store-content.ts';

const tables = useEmbeddedTables();
let server: FixtureServer;
let body: string;
let asked: number;
beforeAll(async () => {
  server = await startServer((request, response) => {
    asked += 1;
    if (request.url === '/busy') response.writeHead(503).end();
    else if (request.url === '/absent') response.writeHead(404).end();
    else if (request.url === '/secret' && request.headers.authorization !== 'Bearer t0ken')
      response.writeHead(403).end();
    else response.end(body);
  });
});
afterAll(() => server.close());

let ports: Ports;
beforeEach(async () => {
  body = 'replicas: 2\n';
  asked = 0;
  const { stores, blobs } = await tables.fresh();
  const secrets = new Map<string, string>();
  ports = partialPorts({
    ...stores,
    blobs,
    fetchers: createFetchers({ outbound: loopbackOutbound(), registry: partialPorts({}).registry }),
    randomness: { hex: (bytes) => randomBytes(bytes).toString('hex') },
    secrets: {
      get: async (name) => secrets.get(name),
      put: async (name, value) => void secrets.set(name, value),
      remove: async (name) => void secrets.delete(name),
    },
  });
  await putHead('shop', { owners: ['team-shop'], readers: ['team-shop', 'sre'] });
});

async function putHead(
  name: string,
  rights: { readonly owners: readonly string[]; readonly readers?: readonly string[] },
) {
  await ports.pipelines.saveHead({
    ...{ name, version: 'v', ...rights },
    ...{ updatedAt: 0, updatedBy: 'alice', deleted: false, rev: 0 },
  });
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function bound(id: string, input: JsonObject): BoundArtifact {
  const made = normaliseArtifact(input, (bytes) => createHash('sha1').update(bytes).digest());
  if (made.kind === 'invalid') throw new Error(JSON.stringify(made.errors));
  return { id, artifact: made.artifact, from: 'received' };
}

/** A stage whose one step is given these texts. */
function stages(...texts: readonly string[]): readonly StageDefinition[] {
  const step = {
    id: 's',
    step: 'webhook',
    with: { texts: [...texts] },
    when: 'success',
    useInternalAddress: false,
  } as const;
  const job = { id: 'main', needs: [], when: 'success', steps: [step] } as const;
  const rest = { needs: [], when: 'success', gates: [], expectedArtifacts: [], inputArtifacts: [] } as const;
  return [{ id: 'pre', ...rest, jobs: [job] }];
}

async function fetchOne(input: JsonObject, options: { readonly text?: string; readonly pipeline?: string } = {}) {
  const { text = '$[sources.config]', pipeline = 'shop' } = options;
  return fetchBound(ports, { pipeline, definition: { stages: stages(text) }, artifacts: [bound('config', input)] });
}

async function artifactOf(outcome: ReturnType<typeof fetchOne>) {
  const answer = await outcome;
  if (answer.kind !== 'fetched') throw new Error(JSON.stringify(answer));
  const [only] = answer.bound;
  if (only === undefined) throw new Error('nothing bound');
  return only.artifact;
}

const file = (more: JsonObject = {}): JsonObject => ({
  type: 'http/file',
  name: 'cfg',
  reference: `${server.url}/cfg`,
  ...more,
});

it('keeps what a step refers to; a version that was not named is the sha256', async () => {
  const artifact = await artifactOf(fetchOne(file()));
  const hash = sha256(base64(body));
  expect(artifact).toMatchObject({
    type: 'http/file',
    reference: `${server.url}/cfg`,
    version: `sha256:${sha256(body)}`,
    metadata: { sha256: sha256(body), size: body.length, content: `ref://shop/${hash}` },
  });
  const stored = await readContent(ports, { application: 'shop', hash });
  expect(Buffer.from(stored?.bytes ?? []).toString()).toBe(body);
  expect(stored?.content.uuids).toEqual([artifact.uuid]);
});

it.each([
  ['nothing refers to it', 'plain'],
  ['only its address is asked for', '$[sources.config.downloadUrl]'],
  ['another is referred to', '$[sources.other]'],
])('does not fetch where %s', async (_what, text) => {
  const given = bound('config', file());
  expect(
    await fetchBound(ports, { pipeline: 'shop', definition: { stages: stages(text) }, artifacts: [given] }),
  ).toEqual({
    kind: 'fetched',
    bound: [given],
    inputs: [],
  });
  expect(asked).toBe(0);
});

it('fetches once what is bound to several ids, if one of them is needed', async () => {
  const artifacts = [bound('config', file()), bound('other', file()), bound('third', file({ version: '2' }))];
  const answer = await fetchBound(ports, {
    pipeline: 'shop',
    definition: { stages: stages('$[sources.other]') },
    artifacts,
  });
  expect(asked).toBe(1);
  const sums = answer.kind === 'fetched' ? answer.bound.map(({ artifact }) => artifact.metadata.sha256) : [];
  expect(sums).toEqual([sha256(body), sha256(body), undefined]);
});

it('fetches what a stage takes as an input', async () => {
  const [stage] = stages('plain');
  if (stage === undefined) throw new Error('no stage');
  const definition = { stages: [{ ...stage, inputArtifacts: [{ id: 'config' }] }] };
  await fetchBound(ports, { pipeline: 'shop', definition, artifacts: [bound('config', file())] });
  expect(asked).toBe(1);
});

it('fetches what a stage writes out as an input, and once if it is bound besides', async () => {
  const [stage] = stages('plain');
  if (stage === undefined) throw new Error('no stage');
  const { artifact } = bound('config', file());
  const { artifact: other } = bound('other', file({ version: '2' }));
  const definition = { stages: [{ ...stage, inputArtifacts: [{ artifact }, { artifact: other }] }] };
  const answer = await fetchBound(ports, {
    ...{ pipeline: 'shop', definition, artifacts: [bound('config', file())] },
    inputs: [
      { place: 'stages.pre.inputArtifacts[0]', artifact },
      { place: 'stages.pre.inputArtifacts[1]', artifact: { ...other, artifactAccount: 'theirs' } },
    ],
  });
  expect(answer).toMatchObject({
    ...{ kind: 'failed', source: 'stages.pre.inputArtifacts[1]', code: 'accountNotPermitted' },
    message: expect.stringMatching(/^Artifact stages\.pre\.inputArtifacts\[1\]: /),
  });
  const inputs = [
    { place: 'stages.pre.inputArtifacts[0]', artifact },
    { place: 'stages.pre.inputArtifacts[1]', artifact: other },
  ];
  asked = 0;
  const again = await fetchBound(ports, {
    ...{ pipeline: 'shop', definition, artifacts: [bound('config', file())], inputs },
  });
  const kept = { metadata: { sha256: sha256(body) } };
  expect(again).toMatchObject({ bound: [{ artifact: kept }], inputs: [{ artifact: kept }, { artifact: kept }] });
  expect(asked).toBe(2);
});

it('other bytes under the same version are contentChanged, and never kept', async () => {
  const first = await artifactOf(fetchOne(file({ version: '1.4' })));
  expect(await artifactOf(fetchOne(file({ version: '1.4' })))).toEqual(first);
  body = 'replicas: 200\n';
  expect(await fetchOne(file({ version: '1.4' }))).toMatchObject({
    kind: 'failed',
    source: 'config',
    code: 'contentChanged',
  });
  expect(await ports.contents.find('shop', sha256(base64(body)))).toBeUndefined();
  expect((await artifactOf(fetchOne(file()))).version).toBe(`sha256:${sha256(body)}`);
});

it('dying between what was seen and what is kept is made good by the next try', async () => {
  const plain = ports;
  const broken = { ...plain.blobs, put: () => Promise.reject(new Failure('storeUnavailable', 'died')) };
  ports = partialPorts({ ...plain, blobs: broken });
  await expect(fetchOne(file({ version: '1.4' }))).rejects.toThrow('died');
  ports = plain;
  const artifact = await artifactOf(fetchOne(file({ version: '1.4' })));
  expect(await readContent(ports, { application: 'shop', hash: sha256(base64(body)) })).toBeDefined();
  expect(artifact.metadata.sha256).toBe(sha256(body));
});

it('what an earlier run had is what a later one gets, without asking its place again', async () => {
  const first = await artifactOf(fetchOne(file()));
  const seen = body;
  body = 'replicas: 200\n';
  await putHead('prod', { owners: ['team-shop'] });
  await putHead('other', { owners: ['team-other'] });
  const prior = JSON.parse(JSON.stringify(first));
  expect(await artifactOf(fetchOne(prior))).toEqual(first);
  const promoted = await artifactOf(fetchOne(prior, { pipeline: 'prod' }));
  expect(promoted).toMatchObject({ version: first.version, metadata: { sha256: sha256(seen) } });
  expect(promoted.metadata.content).toBe(`ref://prod/${sha256(base64(seen))}`);
  expect(asked).toBe(1);
  // Not theirs to read: fetched anew, and the artifact says that those are other bytes.
  expect(await fetchOne(prior, { pipeline: 'other' })).toMatchObject({ kind: 'failed', code: 'checksumMismatch' });
});

it.each([
  ['names content that is not there', { content: `ref://shop/${'0'.repeat(64)}` }],
  ['names other content than it says', {}],
])('an artifact that %s is fetched', async (_what, change) => {
  const other = await artifactOf(fetchOne({ type: 'embedded/base64', name: 'x', reference: base64('evil') }));
  const metadata = { content: other.metadata.content ?? '', sha256: sha256(body), ...change };
  expect((await artifactOf(fetchOne(file({ metadata })))).metadata.sha256).toBe(sha256(body));
  expect(asked).toBe(1);
});

it('what one application saw first binds no other', async () => {
  await putHead('other', { owners: ['team-other'] });
  await fetchOne(file({ version: '1.4' }), { pipeline: 'other' });
  body = 'replicas: 3\n';
  expect((await artifactOf(fetchOne(file({ version: '1.4' })))).metadata.sha256).toBe(sha256(body));
});

it.each([
  ['absent', '/absent', 'contentNotFound'],
  ['forbidden', '/secret', 'contentDenied'],
])('%s: the binding fails and says so', async (_what, path, code) => {
  const answer = await fetchOne(file({ reference: server.url + path }));
  expect(answer).toMatchObject({
    kind: 'failed',
    source: 'config',
    code,
    message: expect.stringContaining('Artifact config: '),
  });
});

it('throws what may work later', async () => {
  await expect(fetchOne(file({ reference: `${server.url}/busy` }))).rejects.toMatchObject({
    name: 'outboundUnavailable',
  });
});

it.each<[string, JsonObject, string | undefined]>([
  ['its readers own the pipeline', { readers: ['team-shop'] }, undefined],
  ['it has no readers', {}, undefined],
  ['they are another team', { readers: ['team-other'] }, 'accountNotPermitted'],
  ['they only read the pipeline', { readers: ['sre'] }, 'accountNotPermitted'],
  ['there is none', { name: 'unknown' }, 'accountNotPermitted'],
  ['it is of another type', { type: 's3' }, 'accountNotPermitted'],
])('an account may be used or not: %s', async (_what, given, code) => {
  const { readers, type = 'http' } = given as { readers?: string[]; type?: 'http' | 's3' };
  await putAccount(ports, {
    ...{ name: 'files', type, host: server.host, insecure: true, credentials: { token: 't0ken' } },
    ...(readers === undefined ? {} : { readers }),
  });
  const artifactAccount = typeof given.name === 'string' ? given.name : 'files';
  const answer = await fetchOne(file({ reference: `${server.url}/secret`, artifactAccount }));
  expect(answer).toMatchObject(code === undefined ? { kind: 'fetched' } : { kind: 'failed', code });
  if (code !== undefined) expect(asked).toBe(0);
});

it('the account that a stage names for its input goes before the one of the artifact', async () => {
  await putAccount(ports, {
    ...{ name: 'files', type: 'http', host: server.host, insecure: true, credentials: { token: 't0ken' } },
  });
  const [stage] = stages('plain');
  if (stage === undefined) throw new Error('no stage');
  const definition = { stages: [{ ...stage, inputArtifacts: [{ id: 'config', account: 'files' }] }] };
  const given = bound('config', file({ reference: `${server.url}/secret`, artifactAccount: 'unknown' }));
  const answer = await fetchBound(ports, { pipeline: 'shop', definition, artifacts: [given] });
  expect(answer).toMatchObject({ kind: 'fetched', bound: [{ artifact: { artifactAccount: 'unknown' } }] });
});

it('embedded content becomes remote/base64 under the hash of its text, whether or not a step needs it', async () => {
  const unpadded = base64(body).replace(/=+$/, '');
  const artifact = await artifactOf(
    fetchOne(
      { type: 'embedded/base64', name: 'cfg', reference: unpadded, artifactAccount: 'embedded-artifact' },
      { text: 'x' },
    ),
  );
  expect(artifact).toMatchObject({
    ...{
      type: 'remote/base64',
      name: 'cfg',
      reference: `ref://shop/${sha256(unpadded)}`,
      artifactAccount: 'embedded-artifact',
    },
    metadata: { sha256: sha256(body) },
  });
  expect(artifact.version).toBeUndefined();
});

it.each<[string, string]>([
  ['$'.concat('{ #toBase64(x) }'), 'embedded/base64'],
  ['YWJj\nYWJj', 'embedded/base64'],
  ['a', 'embedded/base64'],
  ['YWJ', 'remote/base64'],
])('embedded text %j becomes %s', async (reference, type) => {
  const given = bound('config', { type: 'embedded/base64', name: 'cfg', reference });
  const answer = await fetchBound(ports, { pipeline: 'shop', definition: { stages: stages('x') }, artifacts: [given] });
  expect(answer).toMatchObject({ bound: [{ artifact: { type } }] });
});

it('remote content is read by its application, and by those whose owners may read it', async () => {
  const embedded = await artifactOf(fetchOne({ type: 'embedded/base64', name: 'cfg', reference: base64(body) }));
  const remote = { type: 'remote/base64', name: 'cfg', reference: embedded.reference };
  expect((await artifactOf(fetchOne(remote))).metadata.sha256).toBe(sha256(body));
  await putHead('sre-pipeline', { owners: ['sre'] });
  await putHead('other', { owners: ['team-other'] });
  const copied = await artifactOf(fetchOne(remote, { pipeline: 'sre-pipeline' }));
  expect(copied.metadata.content).toBe(`ref://sre-pipeline/${sha256(base64(body))}`);
  expect(await fetchOne(remote, { pipeline: 'other' })).toMatchObject({ kind: 'failed', code: 'contentDenied' });
  const unknown = { ...remote, reference: `ref://shop/${sha256('x')}` };
  expect(await fetchOne(unknown)).toMatchObject({ kind: 'failed', code: 'contentNotFound' });
});

it.each([
  ['an owner', { subject: 'bob', groups: ['team-shop'], admin: false }, true],
  ['an admin', { subject: 'root', groups: [], admin: true }, true],
  ['somebody else', { subject: 'eve', groups: ['team-other'], admin: false }, false],
])('content that %s uploaded for a kind that cannot be fetched', async (_what, postedBy, counts) => {
  const given = { type: 'custom/object', name: 'thing', version: '1', reference: 'thing:1' };
  const { uuid } = bound('config', given).artifact;
  const hash = sha256(base64(body));
  await ports.contents.pin({ application: uploads, uuid, hash, sha256: sha256(body), size: 3, at: 0, postedBy });
  const missing = await fetchOne(given);
  expect(missing).toMatchObject(counts ? { kind: 'failed', code: 'contentNotFound' } : { kind: 'fetched' });
  const blob = contentKey({ application: uploads, hash, generation: 1 });
  await ports.blobs.put(blob, await ports.compression.gzip(Buffer.from(body)));
  await ports.contents.save({
    ...{ application: uploads, hash, sha256: sha256(body), size: 3, blob, generation: 1 },
    ...{ storedAt: 0, usedAt: 0, uuids: [uuid], rev: 0 },
  });
  const artifact = await artifactOf(fetchOne(given));
  expect(artifact.metadata.content).toBe(counts ? `ref://shop/${hash}` : undefined);
});
