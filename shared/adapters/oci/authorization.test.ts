import { describe, expect, it } from 'vitest';
import { plainOutbound } from '../../../test/fixtures/loopback-outbound.ts';
import {
  authorizations,
  basic,
  byTag,
  collect,
  image,
  layer,
  layerRoute,
  login,
  manifestReply,
  putTag,
  scriptedWorld,
} from '../../../test/fixtures/scripted-client.ts';
import type { Reply, Script } from '../../../test/fixtures/scripted-registry.ts';

import { createRegistryClient } from './registry-client.ts';

const world = scriptedWorld();

describe('Basic', () => {
  const guarded: Script = {
    [byTag]: (request) =>
      request.headers.authorization === basic('me:hunter2')
        ? manifestReply
        : { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } },
  };

  it.each([{ password: 'hunter2' }, { token: 'hunter2' }])('sends user name and %j, asked for once', async (secret) => {
    world.script = guarded;
    const asked = world.client({ account: { username: 'me' }, ...secret });
    await asked.resolveTag(world.repository(), '1.0');
    await asked.resolveTag(world.repository(), '1.0');
    expect(authorizations(world.registry)).toEqual([undefined, basic('me:hunter2'), basic('me:hunter2')]);
  });

  it('a wrong password is denied after one attempt, and is in no message', async () => {
    world.script = guarded;
    const asking = world
      .client({ account: { username: 'me' }, password: 'wrongword' })
      .resolveTag(world.repository(), '1.0');
    await expect(asking).rejects.toMatchObject({ code: 'registryDenied' });
    expect(JSON.stringify(await asking.catch(({ message, details }) => ({ message, details })))).not.toContain('wrong');
    expect(world.registry.seen).toHaveLength(2);
  });

  it('an account of another host is not used', async () => {
    world.script = guarded;
    const asked = world.client({ ...login, account: { ...login.account, host: world.foreign.host } });
    await expect(asked.resolveTag(world.repository(), '1.0')).rejects.toMatchObject({ code: 'registryUnavailable' });
    expect(world.registry.seen).toHaveLength(0);
  });

  it('is not sent where a blob is redirected to, and a 401 from there asks for nothing', async () => {
    world.script = {
      ...guarded,
      [layerRoute]: (request): Reply =>
        request.headers.authorization === undefined
          ? { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } }
          : { status: 307, headers: { location: `${world.foreign.url}/bucket/layer?sig=1` } },
    };
    world.foreignScript = {
      'GET /bucket/layer': [{ body: layer.bytes }, { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } }],
    };
    const asked = world.client(login);
    expect(await collect(asked.blobStream(world.repository(), layer.digest))).toEqual(layer.bytes);
    await expect(collect(asked.blobStream(world.repository(), layer.digest))).rejects.toMatchObject({
      code: 'registryDenied',
    });
    expect(authorizations(world.foreign)).toEqual([undefined, undefined]);
  });

  it('a host that the registry redirected to cannot send the client to a realm', async () => {
    world.script = { [layerRoute]: [{ status: 307, headers: { location: `${world.foreign.url}/bucket/layer` } }] };
    const realm = `Bearer realm="${world.registry.url}/token"`;
    world.foreignScript = { 'GET /bucket/layer': [{ status: 401, headers: { 'www-authenticate': realm } }] };
    const reading = collect(world.client(login).blobStream(world.repository(), layer.digest));
    await expect(reading).rejects.toMatchObject({ code: 'registryDenied' });
    expect(world.registry.seen).toHaveLength(1);
    expect(world.foreign.seen).toHaveLength(1);
  });

  it('a redirect to a private address is addressRefused', async () => {
    world.script = { [layerRoute]: [{ status: 307, headers: { location: 'http://169.254.169.254/latest' } }] };
    await expect(collect(world.client().blobStream(world.repository(), layer.digest))).rejects.toMatchObject({
      code: 'addressRefused',
    });
  });
});

function challenge(realm: string, rest = ''): { status: number; headers: Record<string, string> } {
  return { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}",service="reg"${rest}` } };
}

function guardedBy(realm: string, accepted: () => string): Script {
  return {
    [byTag]: (request) => (request.headers.authorization === `Bearer ${accepted()}` ? manifestReply : challenge(realm)),
  };
}

function tokens(...given: readonly string[]): Script {
  return { 'GET /token': given.map((token) => ({ body: JSON.stringify({ token, expires_in: 300 }) })) };
}

describe('Bearer', () => {
  it('fetches a token for the scope with Basic from the registry itself, and keeps it until it expires', async () => {
    let accepted = 't1';
    world.script = { ...guardedBy(`${world.registry.url}/token?tenant=7`, () => accepted), ...tokens('t1', 't2') };
    const asked = world.client(login);
    await asked.resolveTag(world.repository(), '1.0');
    await asked.resolveTag(world.repository(), '1.0');
    const realm = new URL(world.registry.seen[1]?.url ?? '', world.registry.url);
    expect(Object.fromEntries(realm.searchParams)).toEqual({
      tenant: '7',
      service: 'reg',
      scope: 'repository:shop:pull',
    });
    expect(authorizations(world.registry)).toEqual([undefined, basic('me:hunter2'), 'Bearer t1', 'Bearer t1']);
    world.now += 295_000;
    accepted = 't2';
    await asked.resolveTag(world.repository(), '1.0');
    expect(authorizations(world.registry).slice(4)).toEqual([basic('me:hunter2'), 'Bearer t2']);
  });

  it('asks for the scope that the registry names too', async () => {
    world.script = {
      [byTag]: (request) =>
        request.headers.authorization ? manifestReply : challenge(`${world.registry.url}/token`, ',scope="aws"'),
      ...tokens('t1'),
    };
    await world.client().resolveTag(world.repository(), '1.0');
    const realm = new URL(world.registry.seen[1]?.url ?? '', world.registry.url);
    expect(realm.searchParams.getAll('scope')).toEqual(['repository:shop:pull', 'aws']);
  });

  it('a refused token that was cached is fetched anew once', async () => {
    let accepted = 't1';
    world.script = { ...guardedBy(`${world.registry.url}/token`, () => accepted), ...tokens('t1', 't2', 't3') };
    const asked = world.client(login);
    await asked.resolveTag(world.repository(), '1.0');
    accepted = 't2';
    expect((await asked.resolveTag(world.repository(), '1.0')).digest).toBe(image.digest);
    expect(world.registry.seen).toHaveLength(6);
    accepted = 'none';
    await expect(asked.resolveTag(world.repository(), '1.0')).rejects.toMatchObject({ code: 'registryDenied' });
    expect(world.registry.seen).toHaveLength(9);
  });

  it('a registry that challenges for ever is denied after one token', async () => {
    world.script = { [byTag]: [challenge(`${world.registry.url}/token`)], ...tokens('t1') };
    await expect(world.client().resolveTag(world.repository(), '1.0')).rejects.toMatchObject({
      code: 'registryDenied',
    });
    expect(world.registry.seen).toHaveLength(3);
  });

  it('calls at once share one token', async () => {
    world.script = { ...guardedBy(`${world.registry.url}/token`, () => 't1'), ...tokens('t1', 't2') };
    const asked = world.client(login);
    await Promise.all(Array.from({ length: 8 }, () => asked.resolveTag(world.repository(), '1.0')));
    expect(world.registry.seen.filter((request) => request.url?.startsWith('/token'))).toHaveLength(1);
  });

  it('an account that changed gets a token of its own', async () => {
    world.script = { ...guardedBy(`${world.registry.url}/token`, () => 't1'), ...tokens('t1') };
    const asked = world.client(login);
    await asked.resolveTag(world.repository(), '1.0');
    world.rev += 1;
    await asked.resolveTag(world.repository(), '1.0');
    expect(world.registry.seen.filter((request) => request.url?.startsWith('/token'))).toHaveLength(2);
  });

  it('a realm on a foreign host gets no credentials, and the refusal says why', async () => {
    world.script = { [byTag]: [challenge(`${world.foreign.url}/token`)] };
    world.foreignScript = tokens('anonymous');
    const asking = world.client(login).resolveTag(world.repository(), '1.0');
    await expect(asking).rejects.toMatchObject({ code: 'registryDenied' });
    await expect(asking).rejects.toThrow(
      `its account was not used, for the account's authHost is not ${world.foreign.host}`,
    );
    expect(authorizations(world.foreign)).toEqual([undefined]);
    expect(authorizations(world.registry)).toEqual([undefined, 'Bearer anonymous']);
  });

  it('a realm on the authHost gets them', async () => {
    world.script = guardedBy(`${world.foreign.url}/token`, () => 't1');
    world.foreignScript = tokens('t1');
    await world
      .client({ ...login, account: { username: 'me', authHost: world.foreign.host } })
      .resolveTag(world.repository(), '1.0');
    expect(authorizations(world.foreign)).toEqual([basic('me:hunter2')]);
  });

  it('a realm that redirects elsewhere does not take them along', async () => {
    world.script = {
      ...guardedBy(`${world.registry.url}/token`, () => 't1'),
      'GET /token': [{ status: 302, headers: { location: `${world.foreign.url}/token` } }],
    };
    world.foreignScript = tokens('t1');
    await world.client(login).resolveTag(world.repository(), '1.0');
    expect(authorizations(world.foreign)).toEqual([undefined]);
  });

  it('a token without a user name goes to the registry as it is, and to no realm', async () => {
    world.script = guardedBy(`${world.foreign.url}/token`, () => 'own-token');
    await world
      .client({ token: 'own-token', account: { authHost: world.foreign.host } })
      .resolveTag(world.repository(), '1.0');
    expect(authorizations(world.registry)).toEqual([undefined, 'Bearer own-token']);
    expect(world.foreign.seen).toHaveLength(0);
  });

  it('writing asks for pull and push', async () => {
    world.script = {
      [putTag]: (request) =>
        request.headers.authorization ? { status: 201 } : challenge(`${world.registry.url}/token`),
      [byTag]: [manifestReply],
      ...tokens('t1'),
    };
    await world.client(login).putTag(world.repository(), '1.0', { ...image, bytes: image.manifest });
    expect(
      world.registry.seen.map(({ url }) => new URL(url ?? '', world.registry.url).searchParams.get('scope')),
    ).toContain('repository:shop:pull,push');
  });

  it.each([
    ['no token', { body: '{}' }, 'registryDenied', false],
    ['a token with a line break', { body: '{"token":"a\\r\\nb: c"}' }, 'registryDenied', false],
    ['no JSON', { body: 'hello' }, 'registryDenied', false],
    ['null', { body: 'null' }, 'registryDenied', false],
    ['401', { status: 401 }, 'registryDenied', false],
    ['404', { status: 404 }, 'registryDenied', false],
    ['429', { status: 429 }, 'registryUnavailable', true],
    ['500', { status: 500 }, 'registryUnavailable', true],
    ['too much', { body: Buffer.alloc(300_000) }, 'tooLarge', false],
  ])('a realm that answers %s', async (_name, reply, code, retryable) => {
    world.script = { [byTag]: [challenge(`${world.registry.url}/token`)], 'GET /token': [reply] };
    const asked = world.client(login);
    await expect(asked.resolveTag(world.repository(), '1.0')).rejects.toMatchObject({ code, retryable });
    // A fault is not kept: the next call asks again.
    await expect(asked.resolveTag(world.repository(), '1.0')).rejects.toMatchObject({ code });
    expect(world.registry.seen.filter(({ url }) => url?.startsWith('/token'))).toHaveLength(2);
  });

  it.each([
    ['http://169.254.169.254/token', 'addressRefused'],
    ['http://me:hunter2@127.0.0.1/token', 'registryDenied'],
    ['ftp://127.0.0.1/token', 'registryDenied'],
    ['nonsense', 'registryDenied'],
  ])('realm %s is not asked', async (realm, code) => {
    world.script = { [byTag]: [challenge(realm)] };
    const asking = world.client(login).resolveTag(world.repository(), '1.0');
    await expect(asking).rejects.toMatchObject({ code });
    await expect(asking).rejects.not.toThrow(/hunter2/);
    expect(world.registry.seen).toHaveLength(1);
  });
});

describe('an account that is withheld', () => {
  const asker = { pipelines: ['shop'] };

  function withheld() {
    const asked: unknown[] = [];
    const client = createRegistryClient({
      outbound: plainOutbound(),
      accounts: async (_host, who) => {
        asked.push(who);
        return { insecure: false };
      },
    });
    return { asked, client };
  }

  it('lets the registry be asked without one', async () => {
    world.script = { [byTag]: [manifestReply] };
    const { asked, client } = withheld();
    const manifest = await client.resolveTag(world.repository(), '1.0', asker);
    expect([manifest.digest, manifest.account]).toEqual([image.digest, undefined]);
    expect(asked).toEqual([asker]);
    expect(authorizations(world.registry)).toEqual([undefined]);
  });

  it.each([401, 403])(
    'makes a denial (%i) accountNotPermitted, and names neither account nor digest',
    async (status) => {
      world.script = { [`GET /v2/shop/manifests/${image.digest}`]: [{ status }] };
      const asking = withheld().client.manifest(world.repository(), image.digest, asker);
      const message = `manifest of ${world.repository()}: ${world.registry.host} answered ${status}; there is an account for it, and its readers name no owner of the pipeline`;
      await expect(asking).rejects.toMatchObject({ code: 'accountNotPermitted', retryable: false, message });
    },
  );

  it('does not lend its token to who may not use it', async () => {
    world.script = { ...guardedBy(`https://${world.registry.host}/token`, () => 't1'), ...tokens('t1', 't2') };
    const own = {
      name: 'main',
      type: 'registry',
      host: world.registry.host,
      insecure: true,
      updatedAt: 0,
      rev: 1,
    } as const;
    const client = createRegistryClient({
      outbound: plainOutbound(),
      accounts: async (_host, who) =>
        who === asker
          ? { account: { ...own, readers: ['team'], username: 'me' }, password: 'hunter2' }
          : { insecure: false },
    });
    expect((await client.resolveTag(world.repository(), '1.0', asker)).account).toBe('main');
    await expect(client.resolveTag(world.repository(), '1.0')).rejects.toMatchObject({ code: 'accountNotPermitted' });
    const asked = world.registry.seen.filter(({ url }) => url?.startsWith('/token'));
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([basic('me:hunter2'), undefined]);
  });
});
