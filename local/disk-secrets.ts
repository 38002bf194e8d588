import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretStore } from '../shared/ports/access-store.ts';
import { findFile, writeWholeFile } from './whole-file.ts';

/** One file of mode 0600 for each secret. */
export function createDiskSecrets(folder: string): SecretStore {
  const pathOf = (name: string) => join(folder, fileName(name));
  return {
    async get(name) {
      return (await findFile(pathOf(name)))?.toString('utf8');
    },
    put: (name, value) => writeWholeFile(pathOf(name), value),
    remove: (name) => rm(pathOf(name), { force: true }),
  };
}

/** File systems take 255 bytes; the suffix keeps `.` and `..` from being names. */
const longestName = 240;

/** Readable where it can be; no two names give the same file, on file systems that fold upper case too. */
function fileName(name: string): string {
  const bytes = [...Buffer.from(name, 'utf8')];
  const encoded = bytes.map((byte) => {
    const char = String.fromCharCode(byte);
    return /[a-z0-9._-]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
  });
  const readable = encoded.join('');
  const stem = readable.length <= longestName ? readable : `%sha256-${createHash('sha256').update(name).digest('hex')}`;
  return `${stem}.secret`;
}
