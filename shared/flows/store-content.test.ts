import { beforeEach, expect, it } from 'vitest';
import { fixedNow, useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import { maxContentBytes } from '../domain/content.ts';
import type { Ports } from '../ports/ports.ts';
import { readContent, storeContent } from './store-content.ts';

const tables = useEmbeddedTables();
const bytes = Buffer.from('a: 1\n'.repeat(1000));
const content = { application: 'shop', base64: bytes.toString('base64'), bytes };

let ports: Ports;
let now: number;
let puts: string[];
beforeEach(async () => {
  now = fixedNow;
  puts = [];
  const { stores, blobs } = await tables.fresh();
  const put = async (key: string, body: Uint8Array): Promise<void> => {
    puts.push(key);
    await blobs.put(key, body);
  };
  const counted = { ...blobs, put };
  ports = partialPorts({ ...stores, blobs: counted, clock: { now: () => now } });
});

it('keeps content gzipped, once, under the application', async () => {
  const stored = await storeContent(ports, { ...content, uuid: 'u1' });
  expect(stored).toMatchObject({
    application: 'shop',
    size: bytes.length,
    generation: fixedNow,
    uuids: ['u1'],
    rev: 1,
  });
  const packed = await ports.blobs.get(stored.blob);
  expect(packed?.length).toBeLessThan(200);
  expect(Buffer.from((await readContent(ports, stored))?.bytes ?? [])).toEqual(bytes);
  expect(await readContent(ports, { ...stored, application: 'other' })).toBeUndefined();
});

it('the same again writes nothing to the table within the hour, then only when it was used', async () => {
  const first = await storeContent(ports, content);
  expect(await storeContent(ports, content)).toEqual(first);
  now += 2 * 3_600_000;
  expect(await storeContent(ports, content)).toEqual({ ...first, usedAt: now, rev: 2 });
  expect(await storeContent(ports, { ...content, retentionDays: 90 })).toMatchObject({ retentionDays: 90, rev: 3 });
  expect(await storeContent(ports, { ...content, retentionDays: 30 })).toMatchObject({ retentionDays: 90, rev: 3 });
});

it('many at once store one', async () => {
  const stored = await Promise.all(['u1', 'u2', 'u3', 'u4'].map((uuid) => storeContent(ports, { ...content, uuid })));
  expect(new Set(puts).size).toBe(1);
  const [first] = stored;
  const record = first && (await ports.contents.find('shop', first.hash));
  expect([...(record?.uuids ?? [])].sort()).toEqual(['u1', 'u2', 'u3', 'u4']);
});

it('content that is being removed gets a key of its own', async () => {
  const first = await storeContent(ports, content);
  await ports.contents.save({ ...first, removing: true });
  expect(await readContent(ports, first)).toBeUndefined();
  const again = await storeContent(ports, content);
  expect(again).toMatchObject({ generation: fixedNow + 1 });
  expect(again.removing).toBeUndefined();
  // The sweep that began before now takes the old bytes away.
  await ports.blobs.remove(first.blob);
  expect(Buffer.from((await readContent(ports, again))?.bytes ?? [])).toEqual(bytes);
});

it('a crash between record and bytes is a reader that finds nothing, and mended by the next', async () => {
  const broken = { ...ports, blobs: { ...ports.blobs, put: async () => Promise.reject(new Error('gone')) } };
  await expect(storeContent(broken, content)).rejects.toThrow('gone');
  const hash = ports.sha256(content.base64);
  expect(await ports.contents.find('shop', hash)).toBeDefined();
  expect(await readContent(ports, { application: 'shop', hash })).toBeUndefined();
  await storeContent(ports, content);
  expect(await readContent(ports, { application: 'shop', hash })).toBeDefined();
});

it('refuses what is too large, and stored bytes that are not those', async () => {
  const large = { ...content, bytes: new Uint8Array(maxContentBytes + 1) };
  await expect(storeContent(ports, large)).rejects.toMatchObject({ name: 'tooLarge' });
  const stored = await storeContent(ports, content);
  await ports.blobs.remove(stored.blob);
  await ports.blobs.put(stored.blob, await ports.compression.gzip(Buffer.from('other')));
  await expect(readContent(ports, stored)).rejects.toMatchObject({ name: 'internal' });
});
