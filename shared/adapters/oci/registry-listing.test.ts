import { describe, expect, it } from 'vitest';
import { loopbackOutbound } from '../../../test/fixtures/loopback-outbound.ts';
import { image, scriptedWorld } from '../../../test/fixtures/scripted-client.ts';
import type { RegistryListing } from '../../ports/registry-listing.ts';
import { createRegistryListing } from './registry-listing.ts';

const world = scriptedWorld();
const asker = { pipelines: ['shop'] };
const list = 'GET /v2/shop/tags/list';
const head = 'HEAD /v2/shop/manifests/1.0';

function listing(): RegistryListing {
  return createRegistryListing({
    outbound: loopbackOutbound(),
    clock: { now: () => world.now },
    accounts: async (host) => {
      const account = {
        name: 'a',
        type: 'registry',
        host,
        username: 'me',
        insecure: true,
        updatedAt: 0,
        rev: 1,
      } as const;
      return { account, password: 'secret' };
    },
  });
}

const reply = (tags: unknown, link?: string) => ({
  headers: { 'content-type': 'application/json', ...(link === undefined ? {} : { link }) },
  body: JSON.stringify({ name: 'shop', tags }),
});

describe('the tags of a registry', () => {
  it('come page by page, by the query of its link', async () => {
    world.script = { [list]: [reply(['1.0', '1.1'], '</v2/shop/tags/list?last=1.1&n=2>; rel="next"'), reply(['2.0'])] };
    const first = await listing().tags(world.repository(), { asker });
    expect(first).toEqual({ items: [{ tag: '1.0' }, { tag: '1.1' }], next: 'last=1.1&n=2' });
    expect(await listing().tags(world.repository(), { cursor: first.next, asker })).toEqual({
      items: [{ tag: '2.0' }],
    });
    expect(world.registry.seen.map(({ url }) => url)).toEqual([
      '/v2/shop/tags/list?n=1000',
      '/v2/shop/tags/list?last=1.1&n=2',
    ]);
  });

  it('are never asked from where a link leads', async () => {
    const link = `<${world.foreign.url}/v2/shop/tags/list?next_page=x>; rel="next"`;
    world.script = { [list]: [reply(['1.0'], link), reply([])] };
    const { next } = await listing().tags(world.repository(), { asker });
    await listing().tags(world.repository(), { cursor: next, asker });
    expect([world.foreign.seen.length, world.registry.seen.at(-1)?.url]).toEqual([0, '/v2/shop/tags/list?next_page=x']);
  });

  it.each([
    [null, []],
    [['ok', 'not a tag', '../x'], [{ tag: 'ok' }]],
  ])('%j are %j', async (tags, items) => {
    world.script = { [list]: [reply(tags)] };
    expect(await listing().tags(world.repository(), { asker })).toEqual({ items });
  });

  it.each(['<x>; rel="prev"', 'garbage', '</v2/shop/tags/list>; rel="next"', '</x?a b>; rel="next"'])(
    'have no next page by the link %s',
    async (link) => {
      world.script = { [list]: [reply(['1.0'], link)] };
      expect(await listing().tags(world.repository(), { asker })).not.toHaveProperty('next');
    },
  );

  it.each([
    [{ status: 404 }, 'manifestUnknown', {}],
    [{ status: 403 }, 'registryDenied', {}],
    [{ status: 429, headers: { 'retry-after': '90' } }, 'registryUnavailable', { retryAfterMs: 90_000 }],
    [{ status: 200, body: '<html>' }, 'registryUnavailable', {}],
  ])('%j is a failure', async (answer, code, details) => {
    world.script = { [list]: [answer] };
    const asked = listing().tags(world.repository(), { asker });
    await expect(asked).rejects.toMatchObject({ code, details });
  });

  it('are asked with the account once the registry wants that', async () => {
    const challenge = { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } };
    world.script = { [list]: [challenge, reply(['1.0'])] };
    expect(await listing().tags(world.repository(), { asker })).toEqual({ items: [{ tag: '1.0' }] });
    expect(world.registry.seen[1]?.headers.authorization).toMatch(/^Basic /);
  });
});

describe('what a tag points at', () => {
  it.each([
    [{ 'docker-content-digest': image.digest }, image.digest],
    [{ 'docker-content-digest': 'sha256:x' }, undefined],
    [{}, undefined],
  ])('is said by the header %j, without the bytes', async (headers, digest) => {
    world.script = { [head]: [{ headers: headers as Record<string, string> }] };
    expect(await listing().hint(world.repository(), '1.0', asker)).toBe(digest);
    expect(world.registry.seen.map(({ method }) => method)).toEqual(['HEAD']);
  });
});
