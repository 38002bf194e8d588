import { Failure } from '../../domain/failure.ts';
import type { Outbound, OutboundAnswer } from '../../ports/outbound.ts';
import type { Ports } from '../../ports/ports.ts';
import type { KeysNeeded } from '../../receivers/receiver-type.ts';

const minute = 60_000;
/** Whatever `max-age` says: shorter would let every call fetch, longer would outlive a withdrawn key. */
const [shortest, longest] = [5 * minute, 24 * 60 * minute];
/** After a failed fetch: nobody is asked again before. */
const failurePause = 30_000;
/** Few senders, each with one URL: more are somebody's invention. */
const mostUrls = 32;
const mostBytes = 64 * 1024;

interface Entry {
  keys?: Uint8Array;
  /** Epoch ms until which it is taken as it is. */
  until: number;
  failure?: unknown;
  fetching?: Promise<void>;
}

/** One cache for each door out, as long as that lives. */
const caches = new WeakMap<Outbound, Map<string, Entry>>();

type KeyPorts = Pick<Ports, 'clock' | 'log' | 'outbound'>;

/**
 * The bytes of public keys, kept for as long as their server says. One fetch at a time for each URL; keys that were good go on
 * being so while their server cannot be reached. Undefined = there are none under that URL. Throws Failure
 * `outboundUnavailable` if none were ever had, so that the sender comes again.
 */
export async function fetchKeys(ports: KeyPorts, { url }: KeysNeeded): Promise<Uint8Array | undefined> {
  const entry = entryOf(ports.outbound, url);
  if (entry.until <= ports.clock.now()) {
    entry.fetching ??= refresh(ports, url, entry).finally(() => {
      entry.fetching = undefined;
    });
    await entry.fetching;
  }
  if (entry.keys === undefined && entry.failure !== undefined) throw entry.failure;
  return entry.keys;
}

function entryOf(outbound: Outbound, url: string): Entry {
  const cache = caches.get(outbound) ?? new Map<string, Entry>();
  caches.set(outbound, cache);
  const entry = cache.get(url) ?? { until: 0 };
  cache.delete(url);
  const [oldest] = cache.keys();
  if (cache.size >= mostUrls && oldest !== undefined) cache.delete(oldest);
  cache.set(url, entry);
  return entry;
}

async function refresh(ports: KeyPorts, url: string, entry: Entry): Promise<void> {
  try {
    const answer = await ports.outbound.request({
      method: 'GET',
      url,
      timeoutMs: 5_000,
      maxBytes: mostBytes,
      maxRedirects: 0,
    });
    if (answer.status === 429 || answer.status >= 500) throw unavailable(url, answer.status);
    const found = answer.status === 200;
    // A server that answers something else has not withdrawn what it gave before.
    if (found) entry.keys = answer.body;
    entry.failure = undefined;
    entry.until = ports.clock.now() + (found ? keptFor(answer) : shortest);
  } catch (error) {
    entry.until = ports.clock.now() + failurePause;
    entry.failure = error instanceof Failure && !error.retryable ? undefined : error;
    ports.log.warn('Public keys could not be fetched.', { host: new URL(url).host, error });
  }
}

function unavailable(url: string, status: number): Failure {
  return new Failure(
    'outboundUnavailable',
    `${new URL(url).host} answered ${status} to the request for its public keys.`,
  );
}

function keptFor({ headers }: OutboundAnswer): number {
  const age = /(?:^|[\s,])max-age=([0-9]{1,9})(?:$|[\s,])/i.exec(headers['cache-control'] ?? '')?.[1];
  return Math.min(Math.max(Number(age ?? 0) * 1000, shortest), longest);
}
