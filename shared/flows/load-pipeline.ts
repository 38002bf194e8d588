import type { Caller } from '../domain/caller.ts';
import { compilePlan } from '../domain/compile-plan.ts';
import { Failure } from '../domain/failure.ts';
import type { Json } from '../domain/json.ts';
import { canRead } from '../domain/permission.ts';
import type { PipelineDefinition } from '../domain/pipeline.ts';
import type { Plan } from '../domain/plan.ts';
import type { PipelineStore } from '../ports/pipeline-store.ts';
import type { Ports } from '../ports/ports.ts';

type PipelinePorts = Pick<Ports, 'pipelines'>;

export interface LoadedPlan {
  readonly definition: PipelineDefinition;
  readonly plan: Plan;
}

/** Versions never change, so they may stay in memory; per store, because tests have several. */
const loaded = new WeakMap<PipelineStore, Map<string, LoadedPlan>>();
const mostLoaded = 100;

/** Failure internal when the version is not there: executions keep theirs for ever. */
export async function loadPlan(ports: PipelinePorts, name: string, version: string): Promise<LoadedPlan> {
  const known = plansOf(ports.pipelines);
  const key = `${name}@${version}`;
  const found = known.get(key) ?? (await compileStored(ports, name, version));
  // Taken out and put in again: the first key is the one that nobody asked for longest.
  known.delete(key);
  known.set(key, found);
  const [oldest] = known.keys();
  if (known.size > mostLoaded && oldest !== undefined) known.delete(oldest);
  return found;
}

function plansOf(store: PipelineStore): Map<string, LoadedPlan> {
  const known = loaded.get(store) ?? new Map<string, LoadedPlan>();
  loaded.set(store, known);
  return known;
}

async function compileStored(ports: PipelinePorts, name: string, version: string): Promise<LoadedPlan> {
  const stored = await ports.pipelines.version(name, version);
  if (!stored) throw new Failure('internal', `Version ${version} of pipeline ${name} is not in the store.`);
  return { definition: stored.definition, plan: compilePlan(stored.definition) };
}

/** What a reader of a pipeline sees. Times are epoch ms; `versions` newest first. */
export interface PipelineView {
  readonly name: string;
  /** The one shown. */
  readonly version: string;
  /** The one that runs now. */
  readonly current: string;
  readonly file: Json;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly versions: readonly { readonly version: string; readonly createdAt: number; readonly createdBy: string }[];
}

/** The present version or the one named; undefined when there is none, it is deleted, or the caller may not see it. */
export async function findPipeline(
  ports: PipelinePorts,
  request: { readonly name: string; readonly version?: string; readonly caller: Caller },
): Promise<PipelineView | undefined> {
  const { name, caller } = request;
  const head = await ports.pipelines.head(name);
  if (!head || head.deleted || !canRead(caller, head)) return undefined;
  const version = request.version ?? head.version;
  const [stored, versions] = await Promise.all([
    ports.pipelines.version(name, version),
    ports.pipelines.versions(name),
  ]);
  if (!stored) return undefined;
  const { file, createdAt, createdBy } = stored;
  return { name, version, current: head.version, file, createdAt, createdBy, versions };
}
