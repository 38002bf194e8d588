import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../shared/domain/failure.ts';
import { registryClientContract } from '../../test/contracts/registry-client.ts';
import { type RegistryFixture, startRegistry } from '../../test/fixtures/embedded-registry.ts';
import { digestOf, ociImage, pushImage } from '../../test/fixtures/oci-image.ts';

const image = ociImage({ 'index.html': 'one' });
const other = ociImage({ 'index.html': 'two' });
const digest = digestOf('some layer of some image');

let fixture: RegistryFixture;

const push = (tag: string) => pushImage(image, { baseUrl: fixture.baseUrl, repository: 'team/shop', tag });

beforeEach(async () => {
  fixture = await startRegistry();
});
afterEach(() => fixture.close());

describe('in process', () => {
  const name = 'registry.local/team/shop';
  const layer = image.layers[0]?.digest ?? image.digest;
  const failure = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: unknown) => (error instanceof Failure ? error.code : String(error)),
    );
  const read = async (repository: string, wanted: typeof digest) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of fixture.registry.client.blobStream(repository, wanted)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };

  it('reads what was pushed', async () => {
    const { client } = fixture.registry;
    await push('1.0');
    const manifest = { digest: image.digest, mediaType: image.mediaType, bytes: Buffer.from(image.manifest) };
    expect(await client.resolveTag(name, '1.0')).toEqual(manifest);
    expect(await client.manifest(name, image.digest)).toEqual(manifest);
    expect(await client.blob(name, layer, 10_000)).toEqual(image.layers[0]?.bytes);
    expect(await read(name, layer)).toEqual(image.layers[0]?.bytes);
  });

  it('says what is not there, too large or not ours', async () => {
    const { client } = fixture.registry;
    await push('1.0');
    expect(await failure(client.resolveTag(name, '2.0'))).toBe('manifestUnknown');
    expect(await failure(client.resolveTag(name, '../1.0'))).toBe('manifestUnknown');
    expect(await failure(client.manifest(name, digest))).toBe('manifestUnknown');
    expect(await failure(client.blob(name, digest, 10))).toBe('blobUnknown');
    expect(await failure(client.blob(name, layer, 10))).toBe('tooLarge');
    expect(await failure(read(name, digest))).toBe('blobUnknown');
    expect(await failure(client.manifest('elsewhere.example/team/shop', image.digest))).toBe('manifestUnknown');
    expect(await failure(read('registry.local/../x', layer))).toBe('blobUnknown');
  });

  it('takes nothing that was altered on disk', async () => {
    const { client } = fixture.registry;
    await push('1.0');
    for (const hex of [image.digest.slice(7), layer.slice(7)]) {
      await writeFile(join(fixture.folder, 'blobs/sha256', hex.slice(0, 2), hex), 'altered');
    }
    expect(await failure(client.manifest(name, image.digest))).toBe('digestMismatch');
    expect(await failure(client.resolveTag(name, '1.0'))).toBe('digestMismatch');
    expect(await failure(client.blob(name, layer, 10_000))).toBe('digestMismatch');
    expect(await failure(read(name, layer))).toBe('digestMismatch');
  });

  it('says so when the bytes are gone', async () => {
    await push('1.0');
    await rm(join(fixture.folder, 'blobs'), { recursive: true });
    expect(await failure(fixture.registry.client.manifest(name, image.digest))).toBe('manifestUnknown');
    expect(await failure(read(name, layer))).toBe('blobUnknown');
  });

  it('tags, and that is a push like any other', async () => {
    const { client } = fixture.registry;
    await push('1.0');
    await client.putTag(name, 'live', await client.manifest(name, image.digest));
    expect((await client.resolveTag(name, 'live')).digest).toBe(image.digest);
    expect(fixture.pushes.map((one) => one.tag)).toEqual(['1.0', 'live']);
    const stranger = { digest: other.digest, mediaType: other.mediaType, bytes: other.manifest };
    expect(await failure(client.putTag(name, 'x', stranger))).toBe('manifestUnknown');
    expect(await failure(client.putTag(name, '.x', await client.manifest(name, image.digest)))).toBe('invalidInput');
  });
});

registryClientContract(async () => {
  const own = await startRegistry();
  return {
    client: own.registry.client,
    host: 'registry.local',
    push: (pushed, repository, tag) => pushImage(pushed, { baseUrl: own.baseUrl, repository, tag }),
    close: own.close,
  };
});
