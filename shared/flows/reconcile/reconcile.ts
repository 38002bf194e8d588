import { faultRecord } from '../../domain/failure.ts';
import { splitRepository } from '../../domain/reference.ts';
import type { WatchedRepository } from '../../domain/watched-repository.ts';
import type { Ports } from '../../ports/ports.ts';
import { checkRepository } from './check-repository.ts';
import { planRepositories } from './plan-repositories.ts';

export type ReconcilePorts = Pick<
  Ports,
  | 'accounts'
  | 'artifacts'
  | 'clock'
  | 'deliveries'
  | 'executions'
  | 'listing'
  | 'log'
  | 'pipelines'
  | 'queue'
  | 'receivers'
  | 'registry'
  | 'sha256'
  | 'watches'
>;

export interface ReconcileOptions {
  /** How often each repository is listed, ms. */
  readonly everyMs: number;
  /** No further repository is begun after this long, ms. */
  readonly forMs: number;
}

export interface Reconciled {
  readonly checked: number;
  readonly gaps: number;
}

/** As many as one run looks at; the next one goes on. */
const mostRepositories = 50;
/** Longer than one look takes: a run that died holds up a repository no longer than this. */
const leaseMs = 10 * 60_000;

/**
 * Compares registries with what was recorded, one due repository after the other: senders lose events (ECR calls its own
 * "best effort"), and nobody sends them again. Several runs at once share the work: each repository is taken with a conditional
 * write, and a gap's delivery is named after the gap.
 */
export async function reconcile(ports: ReconcilePorts, options: ReconcileOptions): Promise<Reconciled> {
  const until = ports.clock.now() + options.forMs;
  await planRepositories(ports, options);
  const silent = new Set<string>();
  let checked = 0;
  let gaps = 0;
  for (const due of await ports.watches.due(ports.clock.now(), mostRepositories)) {
    const { host } = splitRepository(due.repository);
    if (ports.clock.now() >= until) break;
    // A registry that did not answer for one repository is left alone with the others.
    if (silent.has(host)) continue;
    const outcome = await take(ports, due, options);
    if (outcome === undefined) continue;
    checked += 1;
    gaps += outcome.gaps;
    if (outcome.silent) silent.add(host);
  }
  return { checked, gaps };
}

/** Undefined = another run has it, or it is broken in a way that the log says. */
async function take(
  ports: ReconcilePorts,
  due: WatchedRepository,
  options: ReconcileOptions,
): Promise<{ readonly gaps: number; readonly silent: boolean } | undefined> {
  const taken = await ports.watches.save({ ...due, nextAt: ports.clock.now() + leaseMs });
  if (taken === undefined) return undefined;
  try {
    return await checkRepository(ports, taken, options);
  } catch (error) {
    ports.log.error('a repository could not be reconciled', { repository: due.repository, ...faultRecord(error) });
    return undefined;
  }
}
