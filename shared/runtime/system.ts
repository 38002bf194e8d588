import { hash, randomBytes } from 'node:crypto';
import type { Ports } from '../ports/ports.ts';

/** What the machine itself gives, the same on both engines. */
export const system: Pick<Ports, 'clock' | 'randomness' | 'sha256' | 'sha1'> = {
  clock: { now: () => Date.now() },
  randomness: { hex: (bytes) => randomBytes(bytes).toString('hex') },
  sha256: (data) => hash('sha256', data),
  // By way of hex: a buffer of its own for each hash would take three times as long.
  sha1: (data) => Buffer.from(hash('sha1', data, 'hex'), 'hex'),
};
