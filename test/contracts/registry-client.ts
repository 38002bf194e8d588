import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '../../shared/domain/digest.ts';
import type { Manifest, RegistryClient } from '../../shared/ports/registry-client.ts';
import { digestOf, type FixtureImage, ociImage, ociIndex } from '../fixtures/oci-image.ts';

export interface RegistryUnderTest {
  readonly client: RegistryClient;
  /** As repositories write it: `registry.local`, `127.0.0.1:5000`. */
  readonly host: string;
  /** Pushes as any client would; `path` is the repository without its host. Without a tag: by digest alone. */
  push(image: FixtureImage, path: string, tag?: string): Promise<Digest>;
  close(): Promise<void>;
}

/** What any RegistryClient must show against a registry that behaves; the registry starts empty. */
export function registryClientContract(start: () => Promise<RegistryUnderTest>): void {
  describe('registry client contract', () => {
    const gzip = ociImage([{ 'app.txt': 'one' }, { 'more.txt': 'two' }], { labels: { team: 'shop' } });
    const plain = ociImage({ 'app.txt': 'plain' }, { compression: 'none' });
    const zstd = ociImage({ 'app.txt': 'zstd' }, { compression: 'zstd' });
    const docker = ociImage({ 'app.txt': 'docker' }, { docker: true });
    const arm = ociImage({ 'app.txt': 'arm' }, { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } });
    const index = ociIndex([gzip, arm], { annotations: { note: 'both' } });
    const dockerList = ociIndex([docker], { docker: true });
    const absent = digestOf('nobody pushed this');

    let registry: RegistryUnderTest;
    let client: RegistryClient;
    const repository = (path = 'team/shop') => `${registry.host}/${path}`;

    beforeAll(async () => {
      registry = await start();
      client = registry.client;
      await registry.push(index, 'team/shop', 'all');
      await registry.push(gzip, 'team/shop', 'gzip');
      await registry.push(plain, 'team/shop', 'plain');
      await registry.push(zstd, 'team/shop', 'zstd');
      await registry.push(docker, 'team/shop', 'docker');
      await registry.push(dockerList, 'team/shop', 'docker-list');
      await registry.push(plain, 'deep/er/path/shop', '1.0');
    });
    afterAll(() => registry.close());

    function manifestOf(image: FixtureImage): Manifest {
      return { digest: image.digest, mediaType: image.mediaType, bytes: Buffer.from(image.manifest) };
    }

    function plainBytes(manifest: Manifest): Manifest {
      return { ...manifest, bytes: Buffer.from(manifest.bytes) };
    }

    it.each([
      ['all', index],
      ['gzip', gzip],
      ['plain', plain],
      ['zstd', zstd],
      ['docker', docker],
      ['docker-list', dockerList],
    ])('finds what tag %s points at, by tag and by digest', async (tag, image) => {
      expect(plainBytes(await client.resolveTag(repository(), tag))).toEqual(manifestOf(image));
      expect(plainBytes(await client.manifest(repository(), image.digest))).toEqual(manifestOf(image));
    });

    it('finds the children of an index', async () => {
      for (const child of index.children) {
        expect((await client.manifest(repository(), child.digest)).mediaType).toBe(child.mediaType);
      }
    });

    it('finds a repository of several folders', async () => {
      expect((await client.resolveTag(repository('deep/er/path/shop'), '1.0')).digest).toBe(plain.digest);
    });

    it.each([
      ['a tag', () => client.resolveTag(repository(), 'nothing')],
      ['a digest', () => client.manifest(repository(), absent)],
      ['a repository', () => client.resolveTag(repository('no/such'), 'gzip')],
      ['a tag outside the grammar', () => client.resolveTag(repository(), '../../x')],
      ['a repository outside the grammar', () => client.resolveTag(repository('../v2'), 'gzip')],
    ])('%s that does not exist is manifestUnknown', async (_name, ask) => {
      await expect(ask()).rejects.toMatchObject({ name: 'manifestUnknown', code: 'manifestUnknown', retryable: false });
    });

    it('reads blobs whole and as a stream', async () => {
      const blobs = [gzip, plain, zstd].flatMap((image) => [...image.layers, ...(image.config ? [image.config] : [])]);
      expect(blobs).toHaveLength(7);
      for (const { digest, bytes } of blobs) {
        expect(Buffer.from(await client.blob(repository(), digest, bytes.byteLength))).toEqual(Buffer.from(bytes));
        expect(await collect(client.blobStream(repository(), digest))).toEqual(Buffer.from(bytes));
      }
    });

    it('does not read a blob beyond its bound', async () => {
      const layer = gzip.layers[0];
      const reading = client.blob(repository(), layer?.digest ?? absent, (layer?.bytes.byteLength ?? 0) - 1);
      await expect(reading).rejects.toMatchObject({ code: 'tooLarge', retryable: false });
    });

    it.each([
      ['a digest', () => repository(), absent],
      ['a repository', () => repository('no/such'), gzip.digest],
    ])('%s that has no blob is blobUnknown', async (_name, where, digest) => {
      await expect(client.blob(where(), digest, 1000)).rejects.toMatchObject({ code: 'blobUnknown' });
      await expect(collect(client.blobStream(where(), digest))).rejects.toMatchObject({ code: 'blobUnknown' });
    });

    it('puts a tag on the same bytes, again, and on others', async () => {
      const first = await client.resolveTag(repository(), 'all');
      await client.putTag(repository(), 'stable', first);
      await client.putTag(repository(), 'stable', first);
      expect(await client.resolveTag(repository(), 'stable')).toEqual(first);
      const second = await client.manifest(repository(), gzip.digest);
      await client.putTag(repository(), 'stable', second);
      expect((await client.resolveTag(repository(), 'stable')).digest).toBe(gzip.digest);
      expect((await client.resolveTag(repository(), 'all')).digest).toBe(index.digest);
    });

    it('puts no tag on bytes that are not those of the digest', async () => {
      const other = { ...manifestOf(gzip), bytes: manifestOf(plain).bytes };
      await expect(client.putTag(repository(), 'never', other)).rejects.toMatchObject({ code: 'digestMismatch' });
      await expect(client.resolveTag(repository(), 'never')).rejects.toMatchObject({ code: 'manifestUnknown' });
    });

    it('puts no tag on a manifest whose blobs are not there', async () => {
      const unpushed = manifestOf(ociImage({ 'app.txt': 'never pushed' }));
      await expect(client.putTag(repository(), 'never', unpushed)).rejects.toMatchObject({ retryable: false });
      await expect(client.resolveTag(repository(), 'never')).rejects.toMatchObject({ code: 'manifestUnknown' });
    });

    it('answers many at once', async () => {
      const asked = Array.from({ length: 20 }, () => client.resolveTag(repository(), 'gzip'));
      expect(new Set((await Promise.all(asked)).map(({ digest }) => digest))).toEqual(new Set([gzip.digest]));
    });
  });
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
