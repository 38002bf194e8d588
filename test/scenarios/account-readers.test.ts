import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RegistryAccess } from '../../local/registry/access.ts';
import { createRegistryClient } from '../../shared/adapters/oci/registry-client.ts';
import { artifactUuid } from '../../shared/domain/artifact-identity.ts';
import type { Caller } from '../../shared/domain/caller.ts';
import type { Digest } from '../../shared/domain/digest.ts';
import { explain } from '../../shared/flows/explain.ts';
import { findArtifacts } from '../../shared/flows/find-artifacts.ts';
import { findDelivery } from '../../shared/flows/list-deliveries.ts';
import { listVersions } from '../../shared/flows/list-versions.ts';
import { processDelivery } from '../../shared/flows/process-delivery.ts';
import { putAccount } from '../../shared/flows/put-account.ts';
import { registryAccounts } from '../../shared/flows/registry-accounts.ts';
import { replayDelivery } from '../../shared/flows/replay-delivery.ts';
import { startManually } from '../../shared/flows/start-manually.ts';
import { everyRight, type RegistryFixture, startRegistry } from '../fixtures/embedded-registry.ts';
import { useEmbeddedTables } from '../fixtures/embedded-table.ts';
import { createIntake, type Intake } from '../fixtures/intake.ts';
import { loopbackOutbound } from '../fixtures/loopback-outbound.ts';
import { ociImage, pushImage } from '../fixtures/oci-image.ts';

const tables = useEmbeddedTables();
const ann: Caller = { subject: 'ann', groups: ['team-a'] };
const ben: Caller = { subject: 'ben', groups: ['team-b'] };

let remote: RegistryFixture;
let intake: Intake;
let host = '';
/** Who the registry saw, by the user name of the login. */
let seen: string[] = [];

/** `team-a/…` is a's, `team-b/…` is b's, `public/…` everybody's; a login that is given must be good. */
function access(request: IncomingMessage): RegistryAccess {
  const login = request.headers.authorization;
  const [user, password] = Buffer.from(login?.split(' ')[1] ?? '', 'base64')
    .toString()
    .split(':');
  if (login === undefined && !/^\/v2\/public\//.test(request.url ?? '')) return { kind: 'unauthorized' };
  seen.push(user ?? '');
  if (login !== undefined && password !== `${user}-password`) return { kind: 'unauthorized' };
  const mayPull = (repository: string) => ['public', `team-${user}`].includes(repository.split('/')[0] ?? '');
  return { kind: 'allowed', mayPush: () => false, mayPull };
}

let pushing = false;
beforeEach(async () => {
  seen = [];
  remote = await startRegistry({ access: (request) => (pushing ? everyRight : access(request)) });
  host = new URL(remote.baseUrl).host;
  intake = await createIntake(tables, {
    registry: (ports) => createRegistryClient({ outbound: loopbackOutbound(), accounts: registryAccounts(ports) }),
  });
});
afterEach(() => remote.close());

async function push(path: string, tag = '1.0'): Promise<Digest> {
  pushing = true;
  const digest = await pushImage(ociImage({ 'index.html': `${path} ${tag}` }), {
    baseUrl: remote.baseUrl,
    repository: path,
    tag,
  });
  pushing = false;
  return digest;
}

async function account(name: string, user: string, readers?: readonly string[]): Promise<void> {
  const credentials = { password: `${user}-password` };
  await putAccount(intake.ports, {
    name,
    type: 'registry',
    host,
    username: user,
    insecure: true,
    readers,
    credentials,
  });
}

/** One pipeline of each team, each read by its own team, on the same repository. */
async function pipelines(path: string): Promise<void> {
  const image = { type: 'registry', repository: `${host}/${path}`, on: ['push'] };
  for (const [name, team] of [
    ['shop-b', 'team-b'],
    ['shop-a', 'team-a'],
    ['x-shop-b', 'team-b'],
  ] as const) {
    await intake.pipeline(name, { image }, { owners: [team], readers: [team] });
  }
}

function pushed(path: string, digest?: Digest, tag = '1.0') {
  return intake.happen(`${path} ${tag}`, { kind: 'push', repository: `${host}/${path}`, tag, digest });
}

function start(caller: Caller, pipeline: string) {
  return startManually(intake.ports, { caller, pipeline, body: { select: { image: { tag: '1.0' } } } });
}

async function visible(caller: Caller, path: string): Promise<number> {
  const found = await findArtifacts(intake.ports, { caller, name: `${host}/${path}`, limit: 10 });
  return found.kind === 'found' ? found.items.length : -1;
}

describe("an account with another team's readers", () => {
  it.each([
    ['a digest', true],
    ['a tag alone', false],
  ])('starts only its own pipelines, when the event has %s', async (_what, withDigest) => {
    await account('of-a', 'a', ['team-a']);
    await pipelines('team-a/app');
    const digest = await push('team-a/app');
    const delivery = await pushed('team-a/app', withDigest ? digest : undefined);
    expect(await intake.reasons(delivery)).toEqual([
      'shop-a/image: matched',
      'shop-b/image: registryDenied',
      'x-shop-b/image: registryDenied',
    ]);
    const [execution] = await intake.executions('shop-a');
    expect(execution?.bound).toMatchObject([{ artifact: { version: digest } }]);
    expect(await intake.executions('shop-b')).toEqual([]);
    const rows = await intake.ports.deliveries.matches(delivery);
    const told = rows.filter(({ pipeline }) => pipeline !== 'shop-a').map(({ message }) => message);
    expect(told[0]).toMatch(/there is an account for it, and its readers name no owner of the pipeline/);
    expect(told.join()).not.toMatch(/of-a|team-a'|a-password/);
  });

  it('cannot be used by hand, whatever is recorded already', async () => {
    await account('of-a', 'a', ['team-a']);
    await pipelines('team-a/app');
    const digest = await push('team-a/app');
    expect(await start(ben, 'shop-b')).toMatchObject({ kind: 'invalid', code: 'accountNotPermitted' });
    await pushed('team-a/app', digest);
    expect(await start(ben, 'shop-b')).toMatchObject({ kind: 'invalid', code: 'accountNotPermitted' });
    const byDigest = { caller: ben, pipeline: 'shop-b', body: { select: { image: { digest } } } };
    expect(await startManually(intake.ports, byDigest)).toMatchObject({ code: 'accountNotPermitted' });
    expect(await start(ann, 'shop-a')).toMatchObject({ kind: 'started' });
  });

  it('shows what it got to nobody else: artifacts, versions, explanations, resolved digests', async () => {
    await account('of-a', 'a', ['team-a']);
    await pipelines('team-a/app');
    const digest = await push('team-a/app');
    const delivery = await pushed('team-a/app');
    expect([await visible(ann, 'team-a/app'), await visible(ben, 'team-a/app')]).toEqual([1, 0]);
    const versions = (caller: Caller, pipeline: string) =>
      listVersions(intake.ports, { caller, pipeline, source: 'image', limit: 10 });
    expect((await versions(ann, 'shop-a'))?.items).toMatchObject([{ tag: '1.0', digest }]);
    expect((await versions(ben, 'shop-b'))?.items).toEqual([]);
    const seenByBen = JSON.stringify([
      await findDelivery(intake.ports, { caller: ben, id: delivery }),
      await explain(intake.ports, { caller: ben, repository: `${host}/team-a/app`, tag: '1.0' }),
    ]);
    expect(seenByBen).not.toContain(digest);
    expect(seenByBen).toContain('shop-b');
    expect(JSON.stringify(await findDelivery(intake.ports, { caller: ann, id: delivery }))).toContain(digest);
  });

  it('opens to a team that gets an account of its own, and that one is used', async () => {
    await account('of-a', 'a', ['team-a']);
    await pipelines('team-a/app');
    const digest = await push('team-a/app');
    const delivery = await pushed('team-a/app', digest);
    await account('another-of-a', 'a', ['team-b']);
    await replayDelivery(intake.ports, { caller: ben, id: delivery });
    await processDelivery(intake.ports, delivery);
    expect(await intake.reasons(delivery)).toContain('shop-b/image: matched');
    expect(await visible(ben, 'team-a/app')).toBe(1);
    const { accounts } = (await intake.ports.artifacts.byVersion(digest, { limit: 1 })).items[0] ?? {};
    expect(accounts).toEqual(['of-a', 'another-of-a']);
  });

  it('does not keep others from what the registry gives to everybody', async () => {
    await account('of-a', 'a', ['team-a']);
    await pipelines('public/app');
    const digest = await push('public/app');
    const delivery = await pushed('public/app', digest);
    expect(await intake.reasons(delivery)).toEqual([
      'shop-a/image: matched',
      'shop-b/image: matched',
      'x-shop-b/image: matched',
    ]);
    expect(await visible(ben, 'public/app')).toBe(1);
    const { accounts } = (await intake.ports.artifacts.byVersion(digest, { limit: 1 })).items[0] ?? {};
    expect(accounts).toBeUndefined();
  });
});

it('each team is known to a registry by its own account, whatever the order of their names', async () => {
  await account('y-of-b', 'b', ['team-b']);
  await account('z-of-a', 'a', ['team-a']);
  await account('everyone', 'nobody');
  for (const path of ['team-a/app', 'team-b/app']) await push(path);
  for (const [pipeline, path] of [
    ['of-a', 'team-a/app'],
    ['of-b', 'team-b/app'],
  ] as const) {
    const image = { type: 'registry', repository: `${host}/${path}`, on: ['push'] };
    await intake.pipeline(pipeline, { image }, { owners: [pipeline.replace('of', 'team')] });
    seen = [];
    expect(await start({ subject: 'x', groups: [`team-${pipeline.at(-1)}`] }, pipeline)).toMatchObject({
      kind: 'started',
    });
    expect(new Set(seen)).toEqual(new Set([pipeline.at(-1)]));
  }
});

it('an event that several teams want is asked for with the account that opens it', async () => {
  await account('a-of-b', 'b', ['team-b']);
  await account('b-of-a', 'a', ['team-a']);
  await pipelines('team-a/app');
  await push('team-a/app');
  const delivery = await pushed('team-a/app');
  expect(await intake.reasons(delivery)).toEqual([
    'shop-a/image: matched',
    'shop-b/image: registryDenied',
    'x-shop-b/image: registryDenied',
  ]);
});

it('naming another team as an owner does not give its accounts', async () => {
  await account('of-a', 'a', ['team-a']);
  await push('team-a/app');
  const image = { type: 'registry', repository: `${host}/team-a/app`, on: ['push'] };
  await intake.pipeline('mixed', { image }, { owners: ['team-a', 'team-b'] });
  expect(await start(ben, 'mixed')).toMatchObject({ kind: 'started' });
  const head = await intake.ports.pipelines.head('mixed');
  if (head !== undefined) await intake.ports.pipelines.saveHead({ ...head, vouched: ['team-b'] });
  await push('team-a/app', '2.0');
  const body = { select: { image: { tag: '2.0' } } };
  expect(await startManually(intake.ports, { caller: ben, pipeline: 'mixed', body })).toMatchObject({
    code: 'accountNotPermitted',
  });
});

describe('a build that names its images by tag alone', () => {
  const paths = ['team-a/app', 'team-a/sidecar'];
  const published = (path: string) => {
    const name = `${host}/${path}`;
    const metadata = { tags: ['1.0'] };
    const uuid = artifactUuid('docker/image', name, undefined, intake.ports.sha1);
    const artifact = { type: 'docker/image', name, reference: `${name}:1.0`, metadata, uuid };
    return { stage: 'build', job: 'main', step: 'build', name: path, artifact };
  };

  it.each([
    ['one', paths.slice(0, 1)],
    ['two', paths],
  ])('with %s, starts those who may get them; others are told no digest', async (_name, images) => {
    await account('of-a', 'a', ['team-a']);
    for (const team of ['a', 'b']) {
      const up = { type: 'pipeline', pipeline: 'ci/shop', on: ['buildSuccess'] };
      await intake.pipeline(`follow-${team}`, { up }, { owners: [`team-${team}`], readers: [`team-${team}`] });
    }
    const digests = [];
    for (const path of images) digests.push(await push(path));
    const build = { kind: 'build', pipeline: 'ci/shop', build: '1', outcome: 'succeeded' } as const;
    const delivery = await intake.happen('build', { ...build, artifacts: images.map(published) });
    expect(await intake.reasons(delivery)).toEqual(['follow-a/up: matched', 'follow-b/up: registryDenied']);
    const [ofA, ofB] = [await intake.executions('follow-a'), await intake.executions('follow-b')];
    for (const digest of digests) {
      expect(JSON.stringify(ofA)).toContain(digest);
      expect(JSON.stringify([ofB, await intake.ports.deliveries.matches(delivery)])).not.toContain(digest);
    }
    expect(ofB.map(({ error }) => error?.code)).toEqual(['accountNotPermitted']);
    const byHand = { caller: ben, pipeline: 'follow-b', body: { select: { up: { build: '1' } } } };
    expect(await startManually(intake.ports, byHand)).toMatchObject({ kind: 'invalid', code: 'accountNotPermitted' });
  });
});
