import { describe, expect, it } from 'vitest';
import { digestOf } from '../../test/fixtures/oci-image.ts';
import { registryWorld, shopImage } from '../../test/fixtures/registry-world.ts';

const world = registryWorld();
const nowhere = `sha256:${'0'.repeat(64)}`;

describe('lists', () => {
  it('give tags in order, a page at a time', async () => {
    for (const tag of ['b', 'B', 'a', '1']) await world.push(tag);
    expect(await (await world.call('GET', '/v2/team/shop/tags/list')).json()).toEqual({
      name: 'team/shop',
      tags: ['1', 'B', 'a', 'b'],
    });
    const first = await world.call('GET', '/v2/team/shop/tags/list?n=3');
    expect(await first.json()).toMatchObject({ tags: ['1', 'B', 'a'] });
    const next = /<(.*)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const second = await world.call('GET', next);
    expect([await second.json(), second.headers.get('link')]).toEqual([{ name: 'team/shop', tags: ['b'] }, null]);
    expect(await (await world.call('GET', '/v2/team/shop/tags/list?n=0')).json()).toMatchObject({ tags: [] });
    expect((await world.call('GET', '/v2/team/shop/tags/list?n=-1')).status).toBe(400);
  });

  it('give what names a digest as its subject', async () => {
    await world.push('1.0');
    await world.putBlob(Buffer.from('{}'));
    const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 };
    const subject = { mediaType: shopImage.mediaType, digest: shopImage.digest, size: shopImage.manifest.byteLength };
    const signature = JSON.stringify({
      schemaVersion: 2,
      mediaType: shopImage.mediaType,
      artifactType: 'application/x-signature',
      config: empty,
      layers: [empty],
      subject,
      annotations: { by: 'alice' },
    });
    const put = await world.putManifest(signature, { reference: digestOf(signature) });
    expect([put.status, put.headers.get('oci-subject')]).toEqual([201, shopImage.digest]);
    const path = `/v2/team/shop/referrers/${shopImage.digest}`;
    const list = async (at: string) => {
      const answer = await world.call('GET', at);
      expect(answer.headers.get('content-type')).toBe('application/vnd.oci.image.index.v1+json');
      return { filtered: answer.headers.get('oci-filters-applied'), ...JSON.parse(await answer.text()) };
    };
    const descriptor = {
      mediaType: shopImage.mediaType,
      digest: digestOf(signature),
      size: signature.length,
      artifactType: 'application/x-signature',
      annotations: { by: 'alice' },
    };
    expect(await list(path)).toMatchObject({ schemaVersion: 2, manifests: [descriptor], filtered: null });
    expect(await list(`${path}?artifactType=application/x-signature`)).toMatchObject({
      manifests: [descriptor],
      filtered: 'artifactType',
    });
    expect(await list(`${path}?artifactType=other`)).toMatchObject({ manifests: [] });
    expect(await list(`/v2/team/shop/referrers/${nowhere}`)).toMatchObject({ manifests: [] });
    await world.call('DELETE', `/v2/team/shop/manifests/${digestOf(signature)}`);
    expect(await list(path)).toMatchObject({ manifests: [] });
  });
});
