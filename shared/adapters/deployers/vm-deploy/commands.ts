import {
  CancelCommandCommand,
  type CommandInvocation,
  paginateListCommandInvocations,
  paginateListCommands,
  SendCommandCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { type Digest, parseDigest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import { quoteAnswer } from '../webhook/quote-answer.ts';
import { checksumExit } from './place-script.ts';

const document = 'AWS-RunShellScript';
/** How long a machine may take to hear of the command, and how long the script may take. */
const deliverySeconds = 600;
const scriptSeconds = 3_600;
/** Clocks differ. */
const earlierMs = 600_000;

export interface Batch {
  /** Under which the command is found again: SendCommand has no token of the caller's. */
  readonly comment: string;
  readonly machines: readonly string[];
  readonly script: string;
  /** Epoch milliseconds; nothing was sent before. */
  readonly startedAt: number;
}

/**
 * The id of the batch's command: of the one that was sent before, or of a new one. Who sent at the same time finds the other's here:
 * both go on with the first, and the others are called back. What a machine had begun of them is its script's to stop.
 */
export async function sendOnce(ssm: SSMClient, batch: Batch): Promise<string> {
  const [sent] = await findCommands(ssm, batch);
  if (sent !== undefined) return sent;
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: document,
      InstanceIds: [...batch.machines],
      Comment: batch.comment,
      TimeoutSeconds: deliverySeconds,
      Parameters: { commands: [batch.script], executionTimeout: [String(scriptSeconds)] },
    }),
  );
  if (Command?.CommandId === undefined) throw new Failure('targetUnavailable', 'Systems Manager named no command.');
  const [first = Command.CommandId, ...others] = await findCommands(ssm, batch);
  for (const other of others) await cancelCommand(ssm, other);
  return first;
}

export async function cancelCommand(ssm: SSMClient, CommandId: string): Promise<void> {
  await ssm.send(new CancelCommandCommand({ CommandId }));
}

/** Every command of the batch that is known by now, in the order in which they were asked for. */
export async function findCommands(
  ssm: SSMClient,
  { comment, startedAt }: Pick<Batch, 'comment' | 'startedAt'>,
): Promise<readonly string[]> {
  const since = new Date(startedAt - earlierMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const Filters = [
    { key: 'DocumentName' as const, value: document },
    { key: 'InvokedAfter' as const, value: since },
  ];
  const own: { readonly id: string; readonly at: number }[] = [];
  for await (const page of paginateListCommands({ client: ssm, pageSize: 50 }, { Filters })) {
    for (const { Comment, CommandId, RequestedDateTime } of page.Commands ?? []) {
      if (Comment === comment && CommandId !== undefined)
        own.push({ id: CommandId, at: RequestedDateTime?.getTime() ?? 0 });
    }
  }
  return own.sort((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1)).map(({ id }) => id);
}

/** What became of one machine. */
export type MachineEnd =
  | { readonly kind: 'running' }
  | { readonly kind: 'has'; readonly digest: Digest }
  | { readonly kind: 'failed'; readonly code: 'checksumMismatch' | 'stepFailed'; readonly message: string };

/** By machine; one of which Systems Manager says nothing yet is not in it. */
export async function readCommand(ssm: SSMClient, CommandId: string): Promise<ReadonlyMap<string, MachineEnd>> {
  const ends = new Map<string, MachineEnd>();
  const asked = { CommandId, Details: true };
  for await (const page of paginateListCommandInvocations({ client: ssm, pageSize: 50 }, asked)) {
    for (const invocation of page.CommandInvocations ?? []) {
      if (invocation.InstanceId !== undefined) ends.set(invocation.InstanceId, endOf(invocation));
    }
  }
  return ends;
}

/** Statuses: docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html. */
function endOf(invocation: CommandInvocation): MachineEnd {
  const { Status, StatusDetails, CommandPlugins = [] } = invocation;
  if (Status === 'Pending' || Status === 'InProgress' || Status === 'Delayed' || Status === 'Cancelling') {
    return { kind: 'running' };
  }
  const plugin = CommandPlugins.find(({ Name }) => Name === 'aws:runShellScript') ?? CommandPlugins[0];
  const output = plugin?.Output ?? '';
  if (Status === 'Success') {
    // Ours alone goes to standard output, which comes first; what the user's script prints comes after it.
    const [, observed = ''] = /^waybill-observed (\S+)/.exec(output.trimStart()) ?? [];
    const digest = parseDigest(observed);
    if (digest !== undefined) return { kind: 'has', digest };
    return { kind: 'failed', code: 'stepFailed', message: 'it ended well and does not say what it has' };
  }
  const code = plugin?.ResponseCode === checksumExit ? 'checksumMismatch' : 'stepFailed';
  const said = quoteAnswer(output.replace(/^-*ERROR-*$/m, ''), []);
  const exit = plugin?.ResponseCode === undefined ? '' : `, exit ${plugin.ResponseCode}`;
  const message = `${StatusDetails ?? Status ?? 'no status'}${exit}${said === '' ? '' : `: ${said}`}`;
  return { kind: 'failed', code, message };
}
