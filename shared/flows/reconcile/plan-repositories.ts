import type { PipelineHead } from '../../domain/pipeline.ts';
import { embeddedHost } from '../../domain/receiver-bounds.ts';
import { splitRepository } from '../../domain/reference.ts';
import { repositoryMatches } from '../../domain/repository-pattern.ts';
import type { ReconcileOptions, ReconcilePorts } from './reconcile.ts';

/** Executions of a pipeline with wildcards that are looked through for repositories. */
const recentExecutions = 100;

/**
 * Once per interval, by whichever run comes first: every repository that a source names, or that has come under a source's
 * wildcards, of registries that we may list. What nobody names any more is dropped where it is looked at.
 */
export async function planRepositories(ports: ReconcilePorts, options: ReconcileOptions): Promise<void> {
  const now = ports.clock.now();
  const plan = await ports.watches.plan();
  if (plan !== undefined && plan.nextAt > now) return;
  const taken = await ports.watches.savePlan({ nextAt: now + options.everyMs, rev: plan?.rev ?? 0 });
  if (taken === undefined) return;
  const mayList = await listableHosts(ports);
  const wanted = new Set<string>();
  for (const head of await ports.pipelines.heads()) {
    for (const repository of await repositoriesOf(ports, head)) {
      if (mayList(splitRepository(repository).host)) wanted.add(repository);
    }
  }
  for (const repository of wanted) {
    if ((await ports.watches.find(repository)) !== undefined) continue;
    await ports.watches.save({ repository, suspects: [], nextAt: now, failures: 0, rev: 0 });
  }
}

/** The embedded registry is not among them: it writes its pushes down before they take effect, so none can be lost. */
async function listableHosts(ports: ReconcilePorts): Promise<(host: string) => boolean> {
  const accounts = await ports.accounts.list();
  const hosts = new Set(
    accounts.flatMap(({ type, host }) => (type === 'registry' && host !== undefined ? [host] : [])),
  );
  return (host) => host !== embeddedHost && (hosts.has(host) || ports.listing.hasOwnRights(host));
}

async function repositoriesOf(ports: ReconcilePorts, { name, version }: PipelineHead): Promise<readonly string[]> {
  const stored = await ports.pipelines.version(name, version);
  const sources = Object.values(stored?.definition.sources ?? {});
  const named = sources.flatMap((source) => (source.type === 'registry' ? [source.repository] : []));
  const patterns = named.filter((repository) => repository.includes('*'));
  const literal = named.filter((repository) => !repository.includes('*'));
  return patterns.length === 0 ? literal : [...literal, ...(await seenUnder(ports, name, patterns))];
}

async function seenUnder(
  ports: ReconcilePorts,
  pipeline: string,
  patterns: readonly string[],
): Promise<readonly string[]> {
  const { items } = await ports.executions.list({ pipeline, limit: recentExecutions });
  const came = items.flatMap(({ trigger, bound }) => [
    trigger.repository ?? '',
    ...bound.map(({ artifact }) => artifact.name),
  ]);
  return [...new Set(came)].filter((repository) => patterns.some((pattern) => repositoryMatches(pattern, repository)));
}
