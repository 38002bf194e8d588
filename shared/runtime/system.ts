import { hash, randomBytes } from 'node:crypto';
import type { Ports } from '../ports/ports.ts';

/** What the machine itself gives, the same on both engines. */
export const system: Pick<Ports, 'clock' | 'randomness' | 'sha256' | 'sha1'> = {
  clock: { now: () => Date.now() },
  randomness: { hex: (bytes) => randomBytes(bytes).toString('hex') },
  sha256: (data) => hash('sha256', data),
  sha1: (data) => hash('sha1', data, 'buffer'),
};
