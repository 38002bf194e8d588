import { createHash } from 'node:crypto';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { stepInputs } from '../../../contracts/step-inputs.ts';
import type { Artifact } from '../../../domain/artifact.ts';
import type { Digest } from '../../../domain/digest.ts';
import { parseDuration } from '../../../domain/duration.ts';
import { Failure } from '../../../domain/failure.ts';
import { fileDigest, findFile } from '../../../domain/file-digest.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import { awsCall } from '../aws-call.ts';
import { s3ObjectOf } from '../s3-object.ts';
import { cancelCommand, findCommands, type MachineEnd, readCommand, sendOnce } from './commands.ts';
import { findMachines, type MachineChoice, parseMachines } from './machines.ts';
import { type FileOrigin, type Placement, placeScript } from './place-script.ts';

export interface VmDeployOptions {
  /** A client for the account and Region that the step names, for a pipeline that may use that account. */
  client(target: {
    readonly pipeline: string;
    readonly account?: string;
    readonly region?: string;
  }): Promise<SSMClient>;
  readonly clock: Clock;
}

interface Input {
  readonly machines: MachineChoice;
  readonly batches: number;
  readonly pauseMs: number;
  readonly placement: Placement;
  readonly account?: string;
  readonly region?: string;
}

const memoryShape = z.object({
  machines: z.array(z.string()),
  batch: z.int(),
  commandId: z.string().optional(),
  resumeAt: z.number().optional(),
});
type Memory = z.infer<typeof memoryShape>;

/** Of SendCommand: more machines make more batches. */
const mostInBatch = 50;

/**
 * The step `vm-deploy`: every machine fetches the file, checks its sum, puts it in place and runs the script, batch by batch; then it
 * says the sum of what is there. The machines are listed once and remembered. Before a batch is sent its command is looked for, so
 * that a step that died finds its own. A machine that fails stops the batches after it.
 * Failures: invalidInput, digestRequired, targetNotFound, nothingRuns, checksumMismatch, digestMismatch, stepFailed.
 */
export function createVmDeployer({ client, clock }: VmDeployOptions): Deployer {
  return {
    kind: 'vm-deploy',
    async run(request) {
      const input = parseInput(request);
      const memory = request.memory === undefined ? undefined : memoryShape.parse(request.memory);
      if (memory?.resumeAt !== undefined && clock.now() < memory.resumeAt) return poll(memory);
      const ssm = await client({ pipeline: request.pipeline, account: input.account, region: input.region });
      return awsCall('Systems Manager', () => {
        if (memory === undefined) return choose(ssm, input);
        return memory.commandId === undefined
          ? send(ssm, input, { request, memory })
          : watch(ssm, input, { memory, commandId: memory.commandId, now: clock.now() });
      });
    },
    async cancel(request) {
      if (request.memory === undefined) return;
      const input = parseInput(request);
      const { batch, commandId } = memoryShape.parse(request.memory);
      const ssm = await client({ pipeline: request.pipeline, account: input.account, region: input.region });
      await awsCall('Systems Manager', async () => {
        const comment = commentOf(request, batch);
        const sent = await findCommands(ssm, { comment, startedAt: request.startedAt });
        for (const id of new Set([...(commandId === undefined ? [] : [commandId]), ...sent]))
          await cancelCommand(ssm, id);
      });
    },
  };
}

function parseInput({ with: given, artifacts, executionId, key }: StepRequest): Input {
  const read = stepInputs['vm-deploy'].safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Failure('invalidInput', `with.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not sound'}`);
  }
  const { artifact, machines, downloadPath, user, run, batches = 1, pause, account, region } = read.data;
  const choice = parseMachines(machines);
  if (choice === undefined) {
    const message = `machines is ${machines}; write tag:Key=Value or instance ids, several with commas (at most 100 ids).`;
    throw new Failure('invalidInput', message);
  }
  const file = findFile(artifacts, artifact);
  if (file === undefined) {
    throw new Failure(
      'invalidInput',
      `artifact is ${artifact.slice(0, 300)}; it must refer to a file, as $[sources.package].`,
    );
  }
  const placement = {
    origin: originOf(file),
    digest: digestOf(file),
    downloadPath,
    user,
    run,
    executionId,
    step: tokenOf(key),
  };
  return { machines: choice, batches, pauseMs: parseDuration(pause ?? '') ?? 0, placement, account, region };
}

function digestOf(file: Artifact): Digest {
  const digest = fileDigest(file);
  if (digest !== undefined) return digest;
  const message = `Nobody knows the sha256 of ${file.name}: it could not be fetched when the run was bound, and its metadata has none.`;
  throw new Failure('digestRequired', message);
}

/** Where a machine can get it by itself: its own role reads S3; the web is read without any proof. */
function originOf(file: Artifact): FileOrigin {
  const { type, name, reference } = file;
  if (type === 's3/object') {
    const object = s3ObjectOf(file);
    if (object === undefined) throw new Failure('invalidInput', `The reference of ${name} is no s3://bucket/key.`);
    return { kind: 's3', ...object };
  }
  const url = URL.canParse(reference) ? new URL(reference) : undefined;
  if (url?.protocol === 'https:') return { kind: 'https', url: url.href };
  const message = `vm-deploy cannot hand out ${type} ${name}: machines fetch an s3/object, or a file under an https:// reference.`;
  throw new Failure('invalidInput', message);
}

async function choose(ssm: SSMClient, input: Input): Promise<StepAnswer> {
  const machines = await findMachines(ssm, input.machines);
  if (machines.length > 0) return poll({ machines: [...machines], batch: 0 });
  const message = 'No machine that Systems Manager can reach has these tags, so nothing would be deployed.';
  return { kind: 'failed', code: 'nothingRuns', message };
}

async function send(
  ssm: SSMClient,
  input: Input,
  { request, memory }: { readonly request: StepRequest; readonly memory: Memory },
): Promise<StepAnswer> {
  const { machines, batch } = memory;
  const commandId = await sendOnce(ssm, {
    comment: commentOf(request, batch),
    machines: batchesOf(machines, input.batches)[batch] ?? [],
    script: placeScript(input.placement),
    startedAt: request.startedAt,
  });
  return poll({ machines, batch, commandId });
}

/** By which the batch's command is found again. */
function commentOf({ key }: StepRequest, batch: number): string {
  return `${tokenOf(key)} ${batch + 1}`;
}

/** Ruling 20: 32 letters that nobody else writes. */
function tokenOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

/** In order, as equal as can be. */
export function batchesOf(machines: readonly string[], wanted: number): readonly (readonly string[])[] {
  const count = Math.min(machines.length, Math.max(wanted, Math.ceil(machines.length / mostInBatch)));
  const edge = (index: number) => Math.round((index * machines.length) / count);
  return Array.from({ length: count }, (_, index) => machines.slice(edge(index), edge(index + 1)));
}

async function watch(
  ssm: SSMClient,
  input: Input,
  at: { readonly memory: Memory; readonly commandId: string; readonly now: number },
): Promise<StepAnswer> {
  const { machines, batch } = at.memory;
  const batches = batchesOf(machines, input.batches);
  const ends = await readCommand(ssm, at.commandId);
  const own = (batches[batch] ?? []).map((machine) => ({ machine, end: ends.get(machine) ?? running }));
  if (own.some(({ end }) => end.kind === 'running')) return poll(at.memory);
  const wanted = input.placement.digest;
  const fault = faultOf(own, { wanted, progress: `batch ${batch + 1} of ${batches.length}` });
  if (fault !== undefined) return fault;
  if (batch + 1 === batches.length) return { kind: 'done', observed: wanted, others: [], artifacts: [] };
  return poll({ machines, batch: batch + 1, ...(input.pauseMs > 0 ? { resumeAt: at.now + input.pauseMs } : {}) });
}

const running: MachineEnd = { kind: 'running' };

interface Told {
  readonly code: string;
  readonly text: string;
  readonly observed?: Digest;
}

interface EndedMachine {
  readonly machine: string;
  readonly end: MachineEnd;
}

/** The first machines that failed or have something else; every one of the batch is counted. */
function faultOf(
  own: readonly EndedMachine[],
  { wanted, progress }: { readonly wanted: Digest; readonly progress: string },
): StepAnswer | undefined {
  const told = own.flatMap(({ machine, end }): readonly Told[] => {
    if (end.kind === 'failed') return [{ code: end.code, text: `${machine}: ${end.message}` }];
    if (end.kind !== 'has' || end.digest === wanted) return [];
    return [{ code: 'digestMismatch', text: `${machine}: has ${end.digest}`, observed: end.digest }];
  });
  const [first] = told;
  if (first === undefined) return undefined;
  const others = told.length > 3 ? `; and ${told.length - 3} more` : '';
  const texts = told.slice(0, 3).map(({ text }) => text);
  const message = `${progress}, ${told.length} of ${own.length} machines: ${texts.join('; ')}${others}.`;
  return {
    kind: 'failed',
    code: first.code,
    message,
    ...(first.observed === undefined ? {} : { observed: first.observed }),
  };
}

function poll({ machines, batch, commandId, resumeAt }: Memory): StepAnswer {
  return {
    kind: 'poll',
    memory: {
      machines,
      batch,
      ...(commandId === undefined ? {} : { commandId }),
      ...(resumeAt === undefined ? {} : { resumeAt }),
    },
  };
}
