import type { Json } from '../domain/json.ts';
import { haveCommon, shareReader } from '../domain/permission.ts';
import type { PipelineDefinition, PipelineHead, PipelineSource } from '../domain/pipeline.ts';
import { joinPath, type PipelineFault, shortStagesOf, stepPath } from '../domain/pipeline-draft.ts';
import { pipelineSubscriptionKey } from '../domain/repository-pattern.ts';
import type { Ports } from '../ports/ports.ts';

type PipelinePorts = Pick<Ports, 'pipelines'>;

/** How many pipelines a search for a circle opens. */
const mostOpened = 200;

interface Start {
  readonly path: string;
  readonly target: string;
}

/** Ruling 11, and circles: what a file may say of other pipelines, as far as they exist now. */
export async function checkNeighbours(
  ports: PipelinePorts,
  definition: PipelineDefinition,
  file: Json,
): Promise<readonly PipelineFault[]> {
  const faults = await Promise.all([
    ...startsOf(definition, file).map((start) => checkStart(ports, definition, start)),
    ...Object.entries(definition.sources).map(([id, source]) =>
      source.type === 'pipeline' ? checkUpstream(ports, definition, { id, source }) : undefined,
    ),
  ]);
  return faults.filter((fault) => fault !== undefined);
}

function startsOf(definition: PipelineDefinition, file: Json): readonly Start[] {
  const shortStages = shortStagesOf(file);
  return definition.stages.flatMap((stage) =>
    stage.jobs.flatMap((job) =>
      job.steps.flatMap((step) => {
        const target = step.step === 'pipeline' ? step.with.pipeline : undefined;
        if (typeof target !== 'string') return [];
        const path = stepPath({ shortStages }, stage.id, { job: job.id, step: step.id });
        return [{ path: joinPath(path, 'with', 'pipeline'), target }];
      }),
    ),
  );
}

async function checkStart(
  ports: PipelinePorts,
  definition: PipelineDefinition,
  { path, target }: Start,
): Promise<PipelineFault | undefined> {
  const head = await findHead(ports, target);
  // One message for both: whether a pipeline exists is not for everybody to know.
  if (!head || !haveCommon(head.owners, definition.owners)) {
    return { path, message: `there is no pipeline "${target}" that has an owner in common with this one` };
  }
  if (!(await leadsTo(ports, head, definition.name))) return undefined;
  return { path, message: `a circle: "${target}" starts "${definition.name}" again, directly or through others` };
}

async function checkUpstream(
  ports: PipelinePorts,
  definition: PipelineDefinition,
  { id, source }: { readonly id: string; readonly source: PipelineSource },
): Promise<PipelineFault | undefined> {
  const { pipeline: upstream, on } = source;
  const head = await findHead(ports, upstream);
  // A name that is none of ours is a build system's.
  if (!head) return undefined;
  const path = joinPath('sources', id, 'pipeline');
  if (!shareReader(head, definition)) {
    return { path, message: `pipeline "${upstream}" has no reader in common with this one` };
  }
  if (on.length === 0 || upstream === definition.name || !(await comesBack(ports, definition, upstream))) {
    return undefined;
  }
  const message = `a circle: each success of "${upstream}" starts "${definition.name}", which starts "${upstream}" again, directly or through others`;
  return { path, message };
}

/** Whether a run of the file, as it is to be saved, ends in starting its upstream. */
async function comesBack(ports: PipelinePorts, definition: PipelineDefinition, upstream: string): Promise<boolean> {
  const targets = [...stepTargets(definition), ...(await followersOf(ports, definition.name))];
  for (const target of new Set(targets)) {
    const head = target === upstream ? undefined : await findHead(ports, target);
    if (target === upstream || (head !== undefined && (await leadsTo(ports, head, upstream)))) return true;
  }
  return false;
}

/** Whether starting a pipeline ends in starting `name`, as the pipelines stand now. */
async function leadsTo(ports: PipelinePorts, from: PipelineHead, name: string): Promise<boolean> {
  const seen = new Set([from.name]);
  const open: PipelineHead[] = [from];
  for (let head = open.pop(); head !== undefined && seen.size <= mostOpened; head = open.pop()) {
    const targets = await targetsOf(ports, head);
    if (targets.includes(name)) return true;
    const fresh = targets.filter((target) => !seen.has(target));
    for (const target of fresh) seen.add(target);
    const heads = await Promise.all(fresh.map((target) => findHead(ports, target)));
    open.push(...heads.filter((one) => one !== undefined));
  }
  return false;
}

/** What a pipeline starts, by its steps and by its success. */
async function targetsOf(ports: PipelinePorts, head: PipelineHead): Promise<readonly string[]> {
  const [stored, followers] = await Promise.all([
    ports.pipelines.version(head.name, head.version),
    followersOf(ports, head.name),
  ]);
  return [...new Set([...(stored ? stepTargets(stored.definition) : []), ...followers])];
}

function stepTargets({ stages }: Pick<PipelineDefinition, 'stages'>): readonly string[] {
  const steps = stages.flatMap((stage) => stage.jobs.flatMap((job) => job.steps));
  return steps.flatMap(({ step, with: inputs }) =>
    step === 'pipeline' && typeof inputs.pipeline === 'string' ? [inputs.pipeline] : [],
  );
}

/** Pipelines that each success of this one starts. */
async function followersOf(ports: PipelinePorts, name: string): Promise<readonly string[]> {
  const found = await ports.pipelines.subscriptions([pipelineSubscriptionKey(name)]);
  const listening = found.filter(({ rule }) => rule.type === 'pipeline' && rule.on.length > 0);
  const present = await Promise.all(
    listening.map(async ({ pipeline, version }) => (await findHead(ports, pipeline))?.version === version),
  );
  return listening.filter((_, index) => present[index]).map(({ pipeline }) => pipeline);
}

async function findHead(ports: PipelinePorts, name: string): Promise<PipelineHead | undefined> {
  const head = await ports.pipelines.head(name);
  return head?.deleted ? undefined : head;
}
