import type { ArtifactReference } from '../expression.ts';
import { isRepository } from '../reference.ts';
import { type FlowContext, filledText } from './flow-context.ts';
import type { FlowStage, FlowUnit } from './flow-file.ts';
import { textOf } from './read-loose.ts';

type Published = Extract<ArtifactReference, { scope: 'build' | 'stage' | 'job' }>;

/** Where a step of the file is, by Flow's ids. */
export function findUnit(
  stages: readonly FlowStage[],
  at: { readonly stage: string; readonly job: string; readonly step: string },
): FlowUnit | undefined {
  const job = stages.find(({ flowId }) => flowId === at.stage)?.jobs.find(({ flowId }) => flowId === at.job);
  return job?.units.find(({ flowId }) => flowId === at.step);
}

/**
 * What a step that stays in the build system made: an image comes in by its push, anything else with the build that made it.
 * The source for it is added once.
 */
export function builtReference(
  context: FlowContext,
  reference: Published,
  { stage, unit, path }: { readonly stage: string; readonly unit: FlowUnit | undefined; readonly path: string },
): ArtifactReference {
  const { job, step, name, field } = reference;
  const repository = unit === undefined ? undefined : builtRepository(context, unit);
  const said = field === undefined ? {} : { field };
  if (unit === undefined || repository === undefined) {
    return { scope: 'build', source: buildSource(context, unit?.path ?? path), stage, job, step, name, ...said };
  }
  return { scope: 'source', source: imageSource(context, repository, unit), ...said };
}

/** The repository that a step pushes to, without its tag. */
function builtRepository(context: FlowContext, unit: FlowUnit): string | undefined {
  const text = textOf(unit.with.image) ?? textOf(unit.with.dockerRegistry);
  if (text === undefined || !/docker/i.test(unit.type)) return undefined;
  const filled = filledText(context, text.replace(/:[^/]*$/, ''));
  return isRepository(filled) ? filled : undefined;
}

function imageSource(context: FlowContext, repository: string, unit: FlowUnit): string {
  const known = [...context.sources].find(
    ([, source]) => source.type === 'registry' && source.repository === repository,
  );
  if (known !== undefined) return known[0];
  const id = context.ids.take(textOf(unit.with.artifact) ?? '', 'image');
  context.sources.set(id, { type: 'registry', repository, on: ['push'] });
  context.notes.add(
    unit.path,
    `what it builds stays in the build system: its push to ${repository} starts this pipeline (source "${id}"). Add a tag filter if others push there too.`,
  );
  return id;
}

function buildSource(context: FlowContext, path: string): string {
  const pipeline = `${context.name}-build`;
  const known = [...context.sources].find(([, source]) => source.type === 'pipeline' && source.pipeline === pipeline);
  const id = known?.[0] ?? context.ids.take('build');
  context.sources.set(id, { type: 'pipeline', pipeline, build: 'lastSuccessfulBuild', on: ['buildSuccess'] });
  context.notes.add(
    path,
    `what is referred to stays in the build system: its success starts this pipeline (source "${id}"). Have it sent as a build of "${pipeline}" with this stage, job, step and artifact name.`,
  );
  return id;
}
