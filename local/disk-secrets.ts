import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SecretStore } from '../shared/ports/access-store.ts';
import { findFile, writeWholeFile } from './whole-file.ts';

/** Secrets kept in memory at most. */
const mostKept = 1_000;

/**
 * One file of mode 0600 for each secret. The folder is this process's own, so what was read once is kept: a hook's secret is
 * needed at every call. A write forgets first and again when it is done, so that no reader in between brings the old one back.
 */
export function createDiskSecrets(folder: string): SecretStore {
  const pathOf = (name: string) => join(folder, fileName(name));
  const kept = new Map<string, string>();
  let writes = 0;
  const change = async (name: string, write: () => Promise<void>): Promise<void> => {
    writes += 1;
    kept.delete(name);
    try {
      await write();
    } finally {
      writes += 1;
      kept.delete(name);
    }
  };
  return {
    async get(name) {
      const known = kept.get(name);
      if (known !== undefined) return known;
      const before = writes;
      const value = (await findFile(pathOf(name)))?.toString('utf8');
      if (value !== undefined && before === writes && kept.size < mostKept) kept.set(name, value);
      return value;
    },
    put: (name, value) => change(name, () => writeWholeFile(pathOf(name), value)),
    remove: (name) => change(name, () => rm(pathOf(name), { force: true })),
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
