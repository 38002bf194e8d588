import type { Caller } from '../domain/caller.ts';
import type { ClaimParts } from '../domain/claim.ts';
import type { Trigger } from '../domain/execution.ts';
import type { FaultRecord } from '../domain/failure.ts';
import { canChange, canRead } from '../domain/permission.ts';
import type { PipelineDefinition, PipelineVersion } from '../domain/pipeline.ts';
import { demandedBy } from '../domain/taking-part.ts';
import type { Ports } from '../ports/ports.ts';
import { askingFor } from './asking.ts';
import { type BindPorts, bindPipeline, type PipelineBinding } from './bind-pipeline.ts';
import { receiveArtifacts } from './intake/receive-artifacts.ts';
import { registryRefusal } from './intake/registry-refusal.ts';
import { admits, type InputFault, type ManualInput, type ManualRun, readManualInput } from './manual-input.ts';
import { resumeClaim, type Started, type StartPorts, startExecution } from './start-execution.ts';

type ManualPorts = StartPorts &
  BindPorts &
  Pick<Ports, 'accounts' | 'artifacts' | 'pipelines' | 'randomness' | 'registry' | 'sha1'>;

export interface ManualStart {
  readonly caller: Caller;
  readonly pipeline: string;
  readonly body: ManualRun;
  readonly idempotencyKey?: string;
}

export type ManualAnswer =
  | { readonly kind: 'started'; readonly executionId: string }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'forbidden' }
  /** `code` is invalidInput, noVersion, notAdmitted, a registry's, or why expectations or content could not be bound. */
  | { readonly kind: 'invalid'; readonly code: string; readonly errors: readonly InputFault[] };

/**
 * Starts a run by hand. The same Idempotency-Key of the same caller answers the first run, whatever was pushed meanwhile.
 * What cannot be asked for starts nothing; a start that fails at its expectations, or at their content, is kept as a failed
 * execution, and the answer says so. Throws the registry's failure when asking again may help.
 */
export async function startManually(ports: ManualPorts, start: ManualStart): Promise<ManualAnswer> {
  const { caller, pipeline } = start;
  const head = await ports.pipelines.head(pipeline);
  if (head === undefined || head.deleted || !canRead(caller, head)) return { kind: 'notFound' };
  if (!canChange(caller, head)) return { kind: 'forbidden' };
  const version = await ports.pipelines.version(pipeline, head.version);
  if (version === undefined) return { kind: 'notFound' };
  const key = start.idempotencyKey ?? ports.randomness.hex(16);
  const claim: ClaimParts = { kind: 'manual', pipeline, subject: caller.subject, key };
  const known = start.idempotencyKey === undefined ? undefined : await resumeClaim(ports, claim, {});
  if (known !== undefined) return answerStarted(ports, known);
  return startChecked(askingFor(ports, [pipeline]), start, { version, claim });
}

interface Wanted {
  readonly version: PipelineVersion;
  readonly claim: ClaimParts;
}

async function startChecked(ports: ManualPorts, start: ManualStart, { version, claim }: Wanted): Promise<ManualAnswer> {
  const { definition } = version;
  const { body, caller } = start;
  const input = await readManualInput(ports, definition, body);
  if (input.kind === 'invalid') return input;
  const trigger: Trigger = {
    type: 'manual',
    user: caller.subject,
    artifacts: input.artifacts,
    ...(Object.keys(input.select).length === 0 ? {} : { select: input.select }),
    ...(body.expectedArtifactIds === undefined ? {} : { expectedArtifactIds: demandedIds(definition, body) }),
  };
  const binding = await bindInput(ports, definition, { input, trigger });
  if (binding.kind === 'invalid') return binding;
  const started = await startExecution(ports, {
    pipeline: version.name,
    pipelineVersion: version.version,
    claim,
    trigger,
    binding,
    parameters: { ...definition.parameters, ...body.parameters },
    orderAt: ports.clock.now(),
  });
  return answerStarted(ports, started);
}

/** Who selects a version of an expectation demands it. */
function demandedIds({ expectedArtifacts }: PipelineDefinition, body: ManualRun): readonly string[] {
  const selected = expectedArtifacts.map(({ id }) => id).filter((id) => Object.hasOwn(body.select ?? {}, id));
  return [...new Set([...(body.expectedArtifactIds ?? []), ...selected])];
}

/** A start that failed stays failed until it is retried. */
async function answerStarted(ports: Pick<Ports, 'executions'>, { executionId, error }: Started): Promise<ManualAnswer> {
  if (error === undefined) return { kind: 'started', executionId };
  const execution = await ports.executions.find(executionId);
  if (execution !== undefined && execution.attempt > 1) return { kind: 'started', executionId };
  const message = `${error.message} It is kept as the failed execution ${executionId}.`;
  return { kind: 'invalid', code: error.code, errors: [{ path: 'artifacts', message }] };
}

interface Given {
  readonly input: ManualInput;
  readonly trigger: Trigger;
}

type Invalid = Extract<ManualAnswer, { kind: 'invalid' }>;

async function bindInput(
  ports: ManualPorts,
  definition: PipelineDefinition,
  { input, trigger }: Given,
): Promise<PipelineBinding | Invalid> {
  const { artifacts, select } = input;
  const refused = (code: string, path: string, message: string) =>
    ({ kind: 'invalid', code, errors: [{ path, message }] }) as const;
  try {
    const received = await receiveArtifacts(ports, { sources: definition.sources, artifacts, admits });
    const binding = await bindPipeline(ports, {
      pipeline: definition.name,
      definition,
      received,
      select,
      artifacts,
      expectedArtifactIds: demandedBy(trigger),
    });
    if (binding.kind === 'bound' || binding.at !== 'sources') return binding;
    const { source, code, message } = binding;
    return refused(code, `${Object.hasOwn(select, source) ? 'select' : 'sources'}.${source}`, message);
  } catch (error) {
    const refusal: FaultRecord | undefined = registryRefusal(error);
    if (refusal === undefined) throw error;
    return refused(refusal.code, 'artifacts', refusal.message);
  }
}
