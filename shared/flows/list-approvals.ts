import type { Approval, ApprovalStatus } from '../domain/approval.ts';
import type { Caller } from '../domain/caller.ts';
import type { Page, PageRequest } from '../domain/page.ts';
import type { Ports } from '../ports/ports.ts';
import { collectVisible } from './collect-visible.ts';
import { createReadAccess } from './read-access.ts';

/** Newest first; readers of the pipeline and members of the approval's groups see it (ruling 8). Expired ones are not pending. */
export async function listApprovals(
  ports: Pick<Ports, 'executions' | 'pipelines' | 'clock'>,
  input: PageRequest & { readonly caller: Caller; readonly status: ApprovalStatus },
): Promise<Page<Approval>> {
  const mayRead = createReadAccess(ports, input.caller);
  const now = ports.clock.now();
  return collectVisible(
    { limit: input.limit, cursor: input.cursor },
    (page) => ports.executions.approvals({ ...page, status: input.status }),
    async (approval) => {
      if (approval.status === 'pending' && approval.expiresAt <= now) return false;
      return isAsked(approval, input.caller) || mayRead(approval.pipeline);
    },
  );
}

/** One approval, also for its groups; undefined for what the caller may not see. */
export async function findApproval(
  ports: Pick<Ports, 'executions' | 'pipelines'>,
  input: { readonly caller: Caller; readonly id: string },
): Promise<Approval | undefined> {
  const approval = await ports.executions.approval(input.id);
  if (approval === undefined) return undefined;
  if (isAsked(approval, input.caller)) return approval;
  return (await createReadAccess(ports, input.caller)(approval.pipeline)) ? approval : undefined;
}

function isAsked(approval: Approval, caller: Caller): boolean {
  return approval.groups.some((group) => caller.groups.includes(group));
}
