import type { IncomingMessage } from 'node:http';
import type { Log } from '../../shared/ports/clock.ts';
import type { RegistryAccess } from './access.ts';
import type { Pushes } from './pushes.ts';
import type { Storage } from './storage.ts';
import type { Uploads } from './uploads.ts';

export type AllowedAccess = Extract<RegistryAccess, { kind: 'allowed' }>;

export interface RegistryParts {
  readonly storage: Storage;
  readonly uploads: Uploads;
  readonly pushes: Pushes;
  readonly log: Log;
  readonly manifestBytes: number;
}

/** One request of the distribution API on its way through the routes. */
export interface Call {
  readonly request: IncomingMessage;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly access: AllowedAccess;
  readonly parts: RegistryParts;
}
