import type { Artifact } from '../domain/artifact.ts';
import { type ClaimParts, claimText, executionId, executionOrder } from '../domain/claim.ts';
import type { BoundArtifact, Claim, Execution, StageInput, Trigger } from '../domain/execution.ts';
import type { FaultRecord } from '../domain/failure.ts';
import { taskVersion } from '../domain/machine-io.ts';
import type { Ports } from '../ports/ports.ts';

export type StartPorts = Pick<Ports, 'executions' | 'orchestrator' | 'sha256' | 'clock'>;

/** What the sources of a pipeline were bound to, or why one could not be. */
export type Binding =
  | {
      readonly kind: 'bound';
      readonly bound: readonly BoundArtifact[];
      readonly inputs?: readonly StageInput[];
      /** What the trigger brought, as it was bound: replaces `trigger.artifacts`. */
      readonly received?: readonly Artifact[];
    }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

export interface StartRequest {
  readonly pipeline: string;
  readonly pipelineVersion: string;
  readonly claim: ClaimParts;
  readonly trigger: Trigger;
  /** A failed binding keeps its claim and becomes a failed execution (ruling 17). */
  readonly binding: Binding;
  /** Definition's parameters with the caller's over them. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Epoch ms: the event's own time, else when it was received, else now (design 4). */
  readonly orderAt: number;
}

export interface Started {
  /** `alreadyExecuted`: another event claimed it first; nothing was done here. */
  readonly kind: 'started' | 'alreadyExecuted';
  readonly executionId: string;
  readonly error?: FaultRecord;
}

/**
 * Claim, then execution, then machine: each put if absent under a name that the claim fixed, so whoever dies in between is
 * completed by the next one that comes with the same event.
 */
export async function startExecution(ports: StartPorts, request: StartRequest): Promise<Started> {
  const claim = newClaim(ports, request);
  const claimed = await ports.executions.claim(claim);
  if (claimed.kind === 'known') return settleClaim(ports, claimed.claim, request.trigger);
  await startMachine(ports, await createExecution(ports, claim));
  return { kind: 'started', executionId: claim.executionId, error: claim.error };
}

/** The same for a claim that may be there already: undefined = nobody has claimed it. */
export async function resumeClaim(
  ports: StartPorts,
  parts: ClaimParts,
  trigger: Pick<Trigger, 'deliveryId' | 'event'>,
): Promise<Started | undefined> {
  const claim = await ports.executions.findClaim(ports.sha256(claimText(parts)));
  return claim === undefined ? undefined : settleClaim(ports, claim, trigger);
}

async function settleClaim(
  ports: StartPorts,
  claim: Claim,
  trigger: Pick<Trigger, 'deliveryId' | 'event'>,
): Promise<Started> {
  const { executionId, error } = claim;
  const own = claim.trigger.deliveryId === trigger.deliveryId && claim.trigger.event === trigger.event;
  if (!own) return { kind: 'alreadyExecuted', executionId, error };
  const found = await ports.executions.find(executionId);
  // The claim outlives its execution: one that was swept has run, and does not run again.
  if (found === undefined && (await ports.executions.swept(executionId)) !== undefined) {
    return { kind: 'alreadyExecuted', executionId, error };
  }
  await startMachine(ports, found ?? (await createExecution(ports, claim)));
  return { kind: 'started', executionId, error };
}

function newClaim(ports: Pick<Ports, 'sha256' | 'clock'>, request: StartRequest): Claim {
  const { pipeline, pipelineVersion, trigger, parameters, binding } = request;
  const key = ports.sha256(claimText(request.claim));
  const claimedAt = ports.clock.now();
  return {
    key,
    pipeline,
    pipelineVersion,
    executionId: executionId(pipeline, claimedAt, key),
    order: executionOrder(request.orderAt, key),
    trigger: triggerAsBound(trigger, binding),
    parameters,
    bound: binding.kind === 'bound' ? binding.bound : [],
    inputs: binding.kind === 'bound' ? binding.inputs : undefined,
    error: binding.kind === 'failed' ? { code: binding.code, message: binding.message } : undefined,
    claimedAt,
  };
}

function triggerAsBound(trigger: Trigger, binding: Binding): Trigger {
  const received = binding.kind === 'bound' ? binding.received : undefined;
  return received === undefined ? trigger : { ...trigger, artifacts: received };
}

async function startMachine(ports: StartPorts, execution: Execution): Promise<void> {
  if (execution.status !== 'queued') return;
  const { id, machine } = execution;
  await ports.orchestrator.start(machine, { v: taskVersion, execution: id, machine });
}

async function createExecution(ports: StartPorts, claim: Claim): Promise<Execution> {
  const buildNumber = await ports.executions.nextBuildNumber(claim.pipeline, claim.executionId);
  const execution = firstAttempt(claim, buildNumber, ports.clock.now());
  const created = await ports.executions.create(execution);
  return created.kind === 'created' ? execution : created.execution;
}

function firstAttempt(claim: Claim, buildNumber: number, now: number): Execution {
  const { error } = claim;
  return {
    id: claim.executionId,
    pipeline: claim.pipeline,
    pipelineVersion: claim.pipelineVersion,
    attempt: 1,
    machine: claim.executionId,
    status: error === undefined ? 'queued' : 'failed',
    trigger: claim.trigger,
    order: claim.order,
    parameters: claim.parameters,
    bound: claim.bound,
    inputs: claim.inputs,
    buildNumber,
    createdAt: claim.claimedAt,
    endedAt: error === undefined ? undefined : now,
    error,
    rev: 0,
  };
}
