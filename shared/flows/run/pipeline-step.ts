import { claimText } from '../../domain/claim.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../ports/deployer.ts';
import { cancelExecution } from '../cancel-execution.ts';
import type { startChild } from '../start-child.ts';
import { waitTime } from './wait-for-answer.ts';

type ChildPorts = Parameters<typeof startChild>[0] & Parameters<typeof cancelExecution>[0];

/** The step `pipeline`: starts another pipeline with this stage's artifacts as received ones; with `wait` the child's end is its own. */
export function createPipelineStep(ports: ChildPorts): Deployer {
  return {
    kind: 'pipeline',
    run: (request) => startPipeline(ports, request),
    cancel: (request) => cancelChild(ports, request),
  };
}

async function startPipeline(ports: ChildPorts, request: StepRequest): Promise<StepAnswer> {
  const { startChild } = await import('../start-child.ts');
  const started = await startChild(ports, {
    key: request.key,
    parent: {
      executionId: request.executionId,
      pipeline: request.pipeline,
      node: `${request.stage}/${request.job}/${request.step}`,
    },
    pipeline: text(request.with.pipeline),
    parameters: textMap(request.with.parameters),
    artifacts: request.artifacts,
  });
  if (started.kind === 'failed') return { kind: 'failed', code: started.code, message: started.message };
  const { wait } = request.with;
  if (wait === undefined || wait === false) return { kind: 'done', artifacts: [] };
  const until = request.startedAt + waitTime(wait);
  return { kind: 'wait', why: 'child', until, memory: { child: started.executionId } };
}

async function cancelChild(ports: ChildPorts, request: StepRequest): Promise<void> {
  // Who dies between the start and the note of it has no memory of the child; its claim has.
  const { key, executionId: parent, with: inputs } = request;
  const parts = { kind: 'child', pipeline: text(inputs.pipeline), parent, key } as const;
  const claim = await ports.executions.findClaim(ports.sha256(claimText(parts)));
  if (claim !== undefined) await cancelExecution(ports, { id: claim.executionId, by: parent });
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function textMap(value: Json | undefined): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]));
}
