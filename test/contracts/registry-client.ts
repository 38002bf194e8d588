import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '../../shared/domain/digest.ts';
import type { Manifest, RegistryClient, UploadSource } from '../../shared/ports/registry-client.ts';
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

    const big = Buffer.alloc(20 * 1024 * 1024, 'waybill ');
    const bigBlob = { digest: digestOf(big), size: big.byteLength };
    const from = (bytes: Uint8Array, pieces = 3): UploadSource['read'] =>
      async function* (offset) {
        const step = Math.ceil(bytes.byteLength / pieces);
        for (let at = offset; at < bytes.byteLength; at += step) yield bytes.subarray(at, at + step);
      };

    it('reads a blob from a byte on', async () => {
      const layer = gzip.layers[0];
      const rest = await collect(client.blobFrom(repository(), layer?.digest ?? absent, 7));
      expect(rest).toEqual(Buffer.from(layer?.bytes ?? []).subarray(7));
      await expect(collect(client.blobFrom(repository(), absent, 7))).rejects.toMatchObject({ code: 'blobUnknown' });
    });

    it('uploads small, large and empty blobs and then has them, also again', async () => {
      const where = repository('uploads/plain');
      for (const bytes of [Buffer.from('small'), Buffer.alloc(0), big]) {
        const blob = { digest: digestOf(bytes), size: bytes.byteLength };
        expect(await client.hasBlob(where, blob)).toBe(false);
        for (const _ of ['first', 'again']) {
          expect(await client.uploadBlob(where, blob, { read: from(bytes) })).toEqual({ kind: 'stored' });
        }
        expect(await client.hasBlob(where, blob)).toBe(true);
        expect(await client.hasBlob(where, { ...blob, size: blob.size + 1 })).toBe(false);
        expect((await collect(client.blobStream(where, blob.digest))).equals(bytes)).toBe(true);
      }
    });

    it('pauses a large upload and goes on where it was', async () => {
      const where = repository('uploads/paused');
      const offsets: number[] = [];
      let asked = 0;
      const read: UploadSource['read'] = (offset) => {
        offsets.push(offset);
        return from(big, 20)(offset);
      };
      const first = await client.uploadBlob(where, bigBlob, { read, mayGoOn: () => ++asked < 2 });
      expect(first).toMatchObject({ kind: 'paused', upload: { offset: expect.any(Number) } });
      expect(await client.hasBlob(where, bigBlob)).toBe(false);
      const resume = first.kind === 'paused' ? first.upload : undefined;
      expect(JSON.parse(JSON.stringify(resume))).toEqual(resume);
      expect(await client.uploadBlob(where, bigBlob, { read, resume })).toEqual({ kind: 'stored' });
      expect(offsets).toEqual([0, resume?.offset]);
      expect(resume?.offset).toBeGreaterThan(0);
      expect((await collect(client.blobStream(where, bigBlob.digest))).equals(big)).toBe(true);
    });

    it('begins anew what cannot be gone on with', async () => {
      const where = repository('uploads/lost');
      const location = `/v2/uploads/lost/blobs/uploads/${'0'.repeat(32)}`;
      const source = { read: from(big), resume: { location, offset: 5 } };
      expect(await client.uploadBlob(where, bigBlob, source)).toEqual({ kind: 'stored' });
      expect((await collect(client.blobStream(where, bigBlob.digest))).equals(big)).toBe(true);
    });

    it.each([
      ['small, of other bytes', Buffer.from('thing'), Buffer.from('other')],
      ['small and too short', Buffer.from('thing'), Buffer.from('thin')],
      ['small and too long', Buffer.from('thing'), Buffer.from('things')],
      ['large, of other bytes', big, Buffer.alloc(big.byteLength, 'x')],
      ['large and too long', big, Buffer.concat([big, Buffer.from('x')])],
    ])('stores no blob that is %s', async (_name, wanted, given) => {
      const where = repository('uploads/wrong');
      const blob = { digest: digestOf(wanted), size: wanted.byteLength };
      await expect(client.uploadBlob(where, blob, { read: from(given) })).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:digestMismatch|tooLarge)$/),
        retryable: false,
      });
      expect(await client.hasBlob(where, blob)).toBe(false);
    });

    it('takes a blob over from another repository without reading it', async () => {
      const where = repository('uploads/mounted');
      const layer = gzip.layers[0];
      const blob = { digest: layer?.digest ?? absent, size: layer?.bytes.byteLength ?? 0 };
      const read = () => {
        throw new Error('nothing is to be read');
      };
      expect(await client.uploadBlob(where, blob, { mountFrom: 'team/shop', read })).toEqual({ kind: 'stored' });
      expect(await client.hasBlob(where, blob)).toBe(true);
    });

    it('sends what cannot be taken over', async () => {
      const where = repository('uploads/unmounted');
      const bytes = Buffer.from('nobody has it');
      const blob = { digest: digestOf(bytes), size: bytes.byteLength };
      const source = { mountFrom: 'team/shop', read: from(bytes) };
      expect(await client.uploadBlob(where, blob, source)).toEqual({ kind: 'stored' });
      expect(await client.hasBlob(where, blob)).toBe(true);
    });

    it('puts a manifest under its digest alone, once what it names is there', async () => {
      const where = repository('uploads/image');
      await expect(client.putManifest(where, manifestOf(gzip))).rejects.toMatchObject({ retryable: false });
      for (const { digest, bytes } of [...gzip.layers, ...(gzip.config ? [gzip.config] : [])]) {
        await client.uploadBlob(where, { digest, size: bytes.byteLength }, { read: from(bytes) });
      }
      await client.putManifest(where, manifestOf(gzip));
      await client.putManifest(where, manifestOf(gzip));
      expect(plainBytes(await client.manifest(where, gzip.digest))).toEqual(manifestOf(gzip));
      const other = { ...manifestOf(gzip), bytes: manifestOf(plain).bytes };
      await expect(client.putManifest(where, other)).rejects.toMatchObject({ code: 'digestMismatch' });
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
