import { type InstanceInformation, paginateDescribeInstanceInformation, type SSMClient } from '@aws-sdk/client-ssm';
import { Failure } from '../../../domain/failure.ts';

/** Machines by id, or those with every one of the tags. */
export type MachineChoice =
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | { readonly kind: 'tags'; readonly tags: ReadonlyMap<string, readonly string[]> };

/** So many are remembered by name in the execution's ledger. */
const mostMachines = 1_000;
/** Values of one filter of DescribeInstanceInformation. */
const mostIds = 100;

/** `tag:Key=Value` or instance ids, with commas; the values of one key are alternatives. undefined = neither. */
export function parseMachines(text: string): MachineChoice | undefined {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0) return undefined;
  if (parts.every((part) => /^m?i-[0-9a-f]{8,32}$/.test(part))) {
    return parts.length > mostIds ? undefined : { kind: 'ids', ids: [...new Set(parts)].sort() };
  }
  const tags = new Map<string, string[]>();
  for (const part of parts) {
    const [, key, value] = /^tag:([^=]{1,128})=(.{1,256})$/.exec(part) ?? [];
    if (key === undefined || value === undefined) return undefined;
    tags.set(key, [...(tags.get(key) ?? []), value]);
  }
  return { kind: 'tags', tags };
}

/** Ids, sorted, of those whose agent can be reached. One that was named by its id must be there: targetNotFound. */
export async function findMachines(ssm: SSMClient, choice: MachineChoice): Promise<readonly string[]> {
  const online = new Set<string>();
  for await (const page of paginateDescribeInstanceInformation({ client: ssm }, { Filters: filtersOf(choice) })) {
    for (const machine of page.InstanceInformationList ?? []) {
      if (machine.InstanceId !== undefined && isReachable(machine)) online.add(machine.InstanceId);
    }
    if (online.size > mostMachines) {
      throw new Failure(
        'invalidInput',
        `These are more than ${mostMachines} machines; deploy to them by several steps.`,
      );
    }
  }
  const absent = choice.kind === 'ids' ? choice.ids.filter((id) => !online.has(id)) : [];
  if (absent.length > 0) {
    const message = `Systems Manager cannot reach ${absent.slice(0, 10).join(', ')}: no such machine, or its agent is silent.`;
    throw new Failure('targetNotFound', message);
  }
  return [...online].sort();
}

function filtersOf(choice: MachineChoice) {
  if (choice.kind === 'ids') return [{ Key: 'InstanceIds', Values: [...choice.ids] }];
  return [...choice.tags].map(([key, values]) => ({ Key: `tag:${key}`, Values: [...values] }));
}

function isReachable({ PingStatus }: InstanceInformation): boolean {
  return PingStatus === 'Online';
}
