import { beforeEach, expect, it } from 'vitest';
import { useEmbeddedTables } from '../../test/fixtures/embedded-table.ts';
import { partialPorts } from '../../test/fixtures/partial-ports.ts';
import type { Artifact } from '../domain/artifact.ts';
import { contentReference } from '../domain/content.ts';
import type { Ports } from '../ports/ports.ts';
import { artifactContent } from './artifact-content.ts';
import { storeContent } from './store-content.ts';

const tables = useEmbeddedTables();
const bytes = Buffer.from('a: 1\n');
const base64 = bytes.toString('base64');

let ports: Ports;
let reference: string;
beforeEach(async () => {
  const { stores, blobs } = await tables.fresh();
  ports = partialPorts({ ...stores, blobs, clock: { now: () => 1_000 } });
  reference = contentReference(await storeContent(ports, { application: 'shop', base64, bytes }));
});

const artifact = (given: Partial<Artifact>): Artifact => ({
  ...{ type: 'http/file', name: 'a.yaml', reference: 'https://files.example.com/a.yaml', metadata: {}, uuid: 'u' },
  ...given,
});
const read = async (given: Partial<Artifact>, pipeline = 'shop') =>
  Buffer.from(await artifactContent(ports, { artifact: artifact(given), pipeline })).toString();

it('is what was kept of it, stored under its reference, or what it carries', async () => {
  expect(await read({ metadata: { content: reference } })).toBe('a: 1\n');
  expect(await read({ type: 'remote/base64', reference })).toBe('a: 1\n');
  expect(await read({ type: 'embedded/base64', reference: base64 })).toBe('a: 1\n');
});

it("is not fetched anew, and not another application's", async () => {
  await expect(read({})).rejects.toMatchObject({ code: 'contentNotFound' });
  await expect(read({ metadata: { content: 'file:///etc/passwd' } })).rejects.toMatchObject({
    code: 'contentNotFound',
  });
  const other = `ref://shop/${'0'.repeat(64)}`;
  await expect(read({ metadata: { content: other } })).rejects.toMatchObject({ code: 'contentNotFound' });
  await expect(read({ metadata: { content: reference } }, 'cart')).rejects.toMatchObject({ code: 'contentDenied' });
});
