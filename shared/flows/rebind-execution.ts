import type { Execution } from '../domain/execution.ts';
import { isJsonObject } from '../domain/json.ts';
import type { PipelineDefinition, Source } from '../domain/pipeline.ts';
import { admitTag } from '../domain/tag-filter.ts';
import { demandedBy } from '../domain/taking-part.ts';
import { sourceTakes } from '../domain/trigger-match.ts';
import { askingFor } from './asking.ts';
import { type BindPorts, bindPipeline } from './bind-pipeline.ts';
import type { Received } from './bind-sources.ts';
import { receiveArtifacts } from './intake/receive-artifacts.ts';
import { registryRefusal } from './intake/registry-refusal.ts';
import { loadPlan } from './load-pipeline.ts';

type RebindPorts = BindPorts;

/**
 * Binds the sources of an execution whose start failed, anew, under its own version, id and order (ruling 17). What the event
 * brought is what it brought then; everything else is what there is now. Answers it with `bound`, or with the new `error`.
 */
export async function rebindExecution(given: RebindPorts, execution: Execution): Promise<Execution> {
  const ports = askingFor(given, [execution.pipeline]);
  const { error: _, ...rest } = execution;
  const { definition } = await loadPlan(ports, execution.pipeline, execution.pipelineVersion);
  try {
    const received = await receivedAgain(ports, execution, definition);
    const binding = await bindPipeline(ports, {
      pipeline: execution.pipeline,
      definition,
      received,
      select: execution.trigger.select,
      artifacts: execution.trigger.artifacts,
      expectedArtifactIds: demandedBy(execution.trigger),
      rebinding: execution.id,
    });
    if (binding.kind === 'bound') {
      const trigger = { ...rest.trigger, artifacts: binding.received };
      return { ...rest, trigger, bound: binding.bound, inputs: binding.inputs };
    }
    return { ...execution, error: { code: binding.code, message: binding.message } };
  } catch (error) {
    const refusal = registryRefusal(error);
    if (refusal === undefined) throw error;
    return { ...execution, error: { code: refusal.code, message: refusal.message } };
  }
}

async function receivedAgain(
  ports: RebindPorts,
  { trigger }: Execution,
  { sources }: PipelineDefinition,
): Promise<Readonly<Record<string, Received>>> {
  if (trigger.type === 'build') return receivedBuild(ports, trigger.payload, sources);
  const started = Object.entries(sources).filter(([, source]) => mayHaveStarted(source, trigger));
  const byRule = trigger.type === 'webhook' || trigger.type === 'docker' || trigger.type === 'artifact';
  const admits = byRule ? sourceTakes : undefined;
  return receiveArtifacts(ports, { sources: Object.fromEntries(started), artifacts: trigger.artifacts, admits });
}

/** Sources that only stood by bind as in a manual run, then as now. */
function mayHaveStarted(source: Source, { type, tag }: Execution['trigger']): boolean {
  if (source.type === 'pipeline') return false;
  if (type === 'artifact') return source.type === 'artifact' && source.on.includes('push');
  if (type !== 'push' && type !== 'scan') return true;
  return source.type === 'registry' && source.on.includes(type) && admitTag(source.tags, tag).admitted;
}

async function receivedBuild(
  ports: RebindPorts,
  payload: Execution['trigger']['payload'],
  sources: PipelineDefinition['sources'],
): Promise<Readonly<Record<string, Received>>> {
  if (!isJsonObject(payload) || typeof payload.pipeline !== 'string' || typeof payload.build !== 'string') return {};
  const { pipeline } = payload;
  const build = await ports.artifacts.build(pipeline, payload.build);
  if (build === undefined) return {};
  const listening = Object.entries(sources).filter(
    ([, source]) => source.type === 'pipeline' && source.pipeline === pipeline && source.on.includes('buildSuccess'),
  );
  return Object.fromEntries(listening.map(([id]) => [id, { kind: 'build', build }]));
}
