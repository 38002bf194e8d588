import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createRegistryClient } from '../../shared/adapters/oci/registry-client.ts';
import { createOutbound } from '../../shared/adapters/outbound/outbound.ts';
import type { RegistryClient } from '../../shared/ports/registry-client.ts';
import { registryClientContract } from '../contracts/registry-client.ts';
import { type DockerRegistry, dockerRegistryMissing, startDockerRegistry } from '../fixtures/docker-registry.ts';
import { type FixtureServer, startServer } from '../fixtures/http-server.ts';
import { ociImage, pushImage } from '../fixtures/oci-image.ts';

const missing =
  dockerRegistryMissing() ??
  (spawnSync('openssl', ['version']).error === undefined ? undefined : 'openssl is not on the PATH');
if (missing !== undefined)
  console.log(`skipped: registry client with Bearer tokens against docker-registry: ${missing}`);

const service = 'test-registry';
const issuer = 'test-issuer';
const login = { username: 'waybill', password: 'hunter2' } as const;

interface World {
  readonly registry: DockerRegistry;
  readonly realm: FixtureServer;
  token(scopes: readonly string[]): Promise<string>;
  client(password: string): RegistryClient;
  close(): Promise<void>;
}

/** docker-registry that believes the tokens of a realm of our own, which gives them for the login above only. */
async function start(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'registry-token-'));
  const [keyFile, certificates] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=test', '-keyout', keyFile, '-out', certificates],
  ]);
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  const key = createPrivateKey(await readFile(keyFile, 'utf8'));
  const certificate = (await readFile(certificates, 'utf8')).replace(/-----[^-]+-----|\s/g, '');

  const token = (scopes: readonly string[]) =>
    new SignJWT({ access: scopes.map(accessOf) })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', x5c: [certificate] })
      .setIssuer(issuer)
      .setAudience(service)
      .setIssuedAt()
      .setNotBefore('-1m')
      .setExpirationTime('5m')
      .sign(key);
  const realm = await startServer((request, response) => {
    const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
    const scopes = new URL(request.url ?? '/', 'http://realm').searchParams.getAll('scope');
    if (request.headers.authorization !== basic) response.writeHead(401).end();
    else void token(scopes).then((text) => response.end(JSON.stringify({ token: text, expires_in: 300 })));
  });
  const registry = await startDockerRegistry({ token: { realm: `${realm.url}/token`, service, issuer, certificates } });
  return {
    registry,
    realm,
    token,
    client: (password) => clientFor(registry, realm, password),
    close: async () => {
      await registry.close();
      await realm.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function accessOf(scope: string): object {
  const [type, name, actions = ''] = scope.split(':');
  return { type, name, actions: actions.split(',') };
}

function clientFor(registry: DockerRegistry, realm: FixtureServer, password: string): RegistryClient {
  return createRegistryClient({
    outbound: createOutbound({ allow: [registry.host, realm.host] }),
    accounts: async (host) => ({
      account: {
        name: 'test',
        type: 'registry',
        host,
        authHost: realm.host,
        username: login.username,
        insecure: true,
        updatedAt: 0,
        rev: 1,
      },
      password,
    }),
  });
}

async function push(world: World, image: ReturnType<typeof ociImage>, repository: string, tag?: string) {
  const authorization = `Bearer ${await world.token([`repository:${repository}:pull,push`])}`;
  return pushImage(image, { baseUrl: world.registry.url, repository, tag }, { headers: { authorization } });
}

describe.skipIf(missing !== undefined)('docker-registry with Bearer tokens', () => {
  registryClientContract(async () => {
    const world = await start();
    return {
      client: world.client(login.password),
      host: world.registry.host,
      push: (image, repository, tag) => push(world, image, repository, tag),
      close: world.close,
    };
  });

  it('fetches one token per scope and denies a wrong password', async () => {
    const world = await start();
    const image = ociImage({ a: '1' });
    await push(world, image, 'shop', '1');
    const name = `${world.registry.host}/shop`;
    const client = world.client(login.password);
    const manifest = await client.resolveTag(name, '1');
    await client.manifest(name, manifest.digest);
    await client.putTag(name, '2', manifest);
    expect(world.realm.seen.map(({ url }) => new URL(url ?? '', world.realm.url).searchParams.get('scope'))).toEqual([
      'repository:shop:pull',
      'repository:shop:pull,push',
    ]);
    await expect(world.client('wrong').resolveTag(name, '1')).rejects.toMatchObject({ code: 'registryDenied' });
    await world.close();
  });
});
