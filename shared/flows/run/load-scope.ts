import { artifactDigest } from '../../domain/artifact-identity.ts';
import type { Build } from '../../domain/build.ts';
import { stageReferences } from '../../domain/compile-plan.ts';
import type { Execution, LedgerNode } from '../../domain/execution.ts';
import { stepNode } from '../../domain/ledger.ts';
import type { PlanStage } from '../../domain/plan.ts';
import { boundTag } from '../../domain/stage-images.ts';
import type { ScopeInput } from '../../domain/step-scope.ts';
import { rfc3339 } from '../../domain/times.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Run } from './load-run.ts';

/** Reads what the references of a stage name: steps of earlier stages and of its own, and the builds of pipeline sources. */
export async function loadScope(
  ports: Pick<Ports, 'executions' | 'artifacts'>,
  run: Run,
  stage: PlanStage,
): Promise<ScopeInput> {
  const references = stageReferences(stage);
  const names = references.flatMap((reference) => {
    if (reference.scope === 'stage') return [stepNode(reference.stage, reference.job, reference.step)];
    return reference.scope === 'job' ? [stepNode(stage.id, reference.job, reference.step)] : [];
  });
  const nodes =
    names.length === 0
      ? new Map<string, LedgerNode>()
      : await ports.executions.nodes(run.execution.id, [...new Set(names)]);
  const sources = new Set(references.flatMap((reference) => (reference.scope === 'build' ? [reference.source] : [])));
  return {
    stage: stage.id,
    bound: run.execution.bound,
    builds: await loadBuilds(ports, run, sources),
    published: (node) => {
      const found = nodes.get(node);
      return found?.status === 'succeeded' ? (found.artifacts ?? []) : undefined;
    },
    variables: executionVariables(run.execution),
  };
}

async function loadBuilds(
  ports: Pick<Ports, 'artifacts'>,
  run: Run,
  sources: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Build>> {
  const builds = new Map<string, Build>();
  for (const id of sources) {
    const source = run.definition.sources[id];
    const number = run.execution.bound.find((one) => one.id === id)?.build;
    if (source?.type !== 'pipeline' || number === undefined) continue;
    const build = await ports.artifacts.build(source.pipeline, number);
    if (build !== undefined) builds.set(id, build);
  }
  return builds;
}

/** `${…}` of an execution. Times are those of its creation, so that every attempt and retry reads the same text. */
export function executionVariables(execution: Execution): Readonly<Record<string, string>> {
  const time = rfc3339(execution.createdAt);
  const digest = execution.bound.map((one) => artifactDigest(one.artifact)).find((one) => one !== undefined);
  const tag = execution.trigger.tag ?? boundTag(execution.bound);
  return {
    ...execution.parameters,
    PIPELINE_NAME: execution.pipeline,
    PIPELINE_ID: execution.pipeline,
    EXECUTION_ID: execution.id,
    BUILD_NUMBER: String(execution.buildNumber),
    DATETIME: time.slice(0, 19).replaceAll(/[T:]/g, '-'),
    TIMESTAMP: String(execution.createdAt),
    ...(tag === undefined ? {} : { TAG: tag }),
    ...(digest === undefined ? {} : { DIGEST: digest }),
  };
}
