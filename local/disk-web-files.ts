import { join } from 'node:path';
import type { WebFiles } from '../shared/ports/web-files.ts';
import { findFile } from './whole-file.ts';

/** The folder that the dashboard is built into; it may not be there. Keys are checked by the door. */
export function createDiskWebFiles(folder: string): WebFiles {
  return { get: (key) => findFile(join(folder, ...key.split('/'))) };
}
