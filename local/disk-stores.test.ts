import { createVerify } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mountTinyDisk } from '../test/fixtures/tiny-disk.ts';
import { createDiskBlobs } from './disk-blobs.ts';
import { createDiskSecrets } from './disk-secrets.ts';
import { createDiskSigner } from './disk-signer.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-disk-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8);
}

describe('blobs on disk', () => {
  const body = new TextEncoder().encode('bytes');

  it('keep what was put first', async () => {
    const blobs = createDiskBlobs(folder);
    expect(await blobs.get('bodies/ab/cd')).toBeUndefined();
    await Promise.all([blobs.put('bodies/ab/cd', body), blobs.put('bodies/ab/cd', body)]);
    await blobs.put('bodies/ab/cd', new TextEncoder().encode('other'));
    expect(Buffer.from((await blobs.get('bodies/ab/cd')) ?? []).toString()).toBe('bytes');
    expect(await modeOf(join(folder, 'bodies/ab/cd'))).toBe('600');
    expect(await readdir(join(folder, '.unfinished'))).toEqual([]);
  });

  it('forget what is removed, also what never was', async () => {
    const blobs = createDiskBlobs(folder);
    await blobs.put('content/shop/a.gz', body);
    await blobs.remove('content/shop/a.gz');
    await blobs.remove('content/shop/a.gz');
    expect(await blobs.get('content/shop/a.gz')).toBeUndefined();
    await expect(blobs.remove('../x')).rejects.toMatchObject({ code: 'invalidInput' });
  });

  it.each(['../x', 'a/../x', '/etc/passwd', '', 'a//b', '.unfinished/x', 'a\0b', 'ä', 'a/'])(
    'refuse the key %j',
    async (key) => {
      const blobs = createDiskBlobs(folder);
      await expect(blobs.put(key, body)).rejects.toMatchObject({ code: 'invalidInput' });
      await expect(blobs.get(key)).rejects.toMatchObject({ code: 'invalidInput' });
    },
  );

  it('forget what an earlier process left unfinished', async () => {
    await mkdir(join(folder, '.unfinished'));
    await writeFile(join(folder, '.unfinished/.x.part'), 'half');
    const blobs = createDiskBlobs(folder);
    await blobs.put('a', body);
    expect(await readdir(join(folder, '.unfinished'))).toEqual([]);
  });

  it('say that the disk is full, and leave no half file', async (test) => {
    const disk = mountTinyDisk(64);
    if (disk === undefined) return test.skip('this user may not mount a small disk');
    try {
      const blobs = createDiskBlobs(disk.folder);
      await expect(blobs.put('a/b', new Uint8Array(100_000))).rejects.toMatchObject({ code: 'storageFull' });
      expect(await blobs.get('a/b')).toBeUndefined();
      expect(await readdir(join(disk.folder, '.unfinished'))).toEqual([]);
      await blobs.put('a/b', body);
    } finally {
      disk.remove();
    }
  });
});

describe('secrets on disk', () => {
  it.each(['account/hub', '..', '.', '../../x', 'A', 'ü/%', 'x'.repeat(500), ''])(
    'keep a secret named %.20j',
    async (name) => {
      const secrets = createDiskSecrets(join(folder, 'secrets'));
      expect(await secrets.get(name)).toBeUndefined();
      await secrets.put(name, 'one');
      await secrets.put(name, 'zwei ü');
      expect(await secrets.get(name)).toBe('zwei ü');
      const files = await readdir(join(folder, 'secrets'));
      expect(files).toHaveLength(1);
      expect(await modeOf(join(folder, 'secrets', files[0] ?? ''))).toBe('600');
      await secrets.remove(name);
      await secrets.remove(name);
      expect(await secrets.get(name)).toBeUndefined();
    },
  );

  it('keep names apart that look alike', async () => {
    const secrets = createDiskSecrets(folder);
    const names = ['a/b', 'a%2fb', 'A/b', 'a_b', 'x'.repeat(500), `${'x'.repeat(500)}y`];
    for (const name of names) await secrets.put(name, `of ${name}`);
    for (const name of names) expect(await secrets.get(name)).toBe(`of ${name}`);
    expect(new Set((await readdir(folder)).map((file) => file.toLowerCase())).size).toBe(names.length);
  });
});

describe('signer on disk', () => {
  const data = new TextEncoder().encode('statement');

  it('makes one key, also when opened several times at once', async () => {
    const signers = await Promise.all([1, 2, 3, 4].map(() => createDiskSigner(folder)));
    const ids = await Promise.all(signers.map(async (signer) => (await signer.keys())[0]?.keyId));
    const macs = await Promise.all(signers.map((signer) => signer.mac('x')));
    expect(new Set(ids).size).toBe(1);
    expect(new Set(macs).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(macs[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(await modeOf(join(folder, 'signing-key.pem'))).toBe('600');
    expect(await modeOf(join(folder, 'callback-secret'))).toBe('600');
  });

  it('signs what its public key verifies, after a restart too', async () => {
    const { signature, keyId } = await (await createDiskSigner(folder)).sign(data);
    const [key] = await (await createDiskSigner(folder)).keys();
    expect(key?.keyId).toBe(keyId);
    const verify = (bytes: Uint8Array) =>
      createVerify('sha256')
        .update(bytes)
        .verify(key?.pem ?? '', signature);
    expect(verify(data)).toBe(true);
    expect(verify(new TextEncoder().encode('another'))).toBe(false);
  });

  it('tells earlier keys after the present one', async () => {
    const [old] = await (await createDiskSigner(folder)).keys();
    await mkdir(join(folder, 'earlier-keys'));
    await writeFile(join(folder, 'earlier-keys/2026.pem'), old?.pem ?? '');
    expect(await (await createDiskSigner(folder)).keys()).toEqual([old]);
    await rm(join(folder, 'signing-key.pem'));
    const keys = await (await createDiskSigner(folder)).keys();
    expect(keys).toHaveLength(2);
    expect(keys[1]).toEqual(old);
    expect(keys[0]?.keyId).not.toBe(old?.keyId);
  });

  it('refuses a key of another kind', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const pem = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
    await writeFile(join(folder, 'signing-key.pem'), pem);
    await expect(createDiskSigner(folder)).rejects.toThrow(/P-256/);
    expect(await readFile(join(folder, 'signing-key.pem'), 'utf8')).toBe(pem);
  });
});
