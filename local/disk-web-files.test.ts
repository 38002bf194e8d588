import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createDiskWebFiles } from './disk-web-files.ts';

it('reads what was built, and nothing where nothing was', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-web-'));
  const files = createDiskWebFiles(join(folder, 'dist'));
  expect(await files.get('index.html')).toBeUndefined();
  await mkdir(join(folder, 'dist', 'assets'), { recursive: true });
  await writeFile(join(folder, 'dist', 'assets', 'app.js'), 'export {};');
  expect(String(await files.get('assets/app.js'))).toBe('export {};');
  expect(await files.get('assets/none.js')).toBeUndefined();
  await rm(folder, { recursive: true });
});
