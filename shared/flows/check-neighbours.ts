import type { Json } from '../domain/json.ts';
import { haveCommon, shareReader } from '../domain/permission.ts';
import type { PipelineDefinition, PipelineHead } from '../domain/pipeline.ts';
import { joinPath, type PipelineFault, shortStagesOf, stepPath } from '../domain/pipeline-draft.ts';
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
      source.type === 'pipeline' ? checkUpstream(ports, definition, { id, upstream: source.pipeline }) : undefined,
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
  { id, upstream }: { readonly id: string; readonly upstream: string },
): Promise<PipelineFault | undefined> {
  const head = await findHead(ports, upstream);
  // A name that is none of ours is a build system's.
  if (!head || shareReader(head, definition)) return undefined;
  const path = joinPath('sources', id, 'pipeline');
  return { path, message: `pipeline "${upstream}" has no reader in common with this one` };
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

async function targetsOf(ports: PipelinePorts, head: PipelineHead): Promise<readonly string[]> {
  const stored = await ports.pipelines.version(head.name, head.version);
  return stored ? [...new Set(startsOf(stored.definition, stored.file).map(({ target }) => target))] : [];
}

async function findHead(ports: PipelinePorts, name: string): Promise<PipelineHead | undefined> {
  const head = await ports.pipelines.head(name);
  return head?.deleted ? undefined : head;
}
