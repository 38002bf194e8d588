import { retentionDaysOf, type StoredContent } from '../../domain/content.ts';
import { dayMs, isContentExpired, noCounts, type RetentionCounts } from '../../domain/retention.ts';
import type { Ports } from '../../ports/ports.ts';

type ContentSweepPorts = Pick<Ports, 'artifacts' | 'blobs' | 'clock' | 'contents'>;

const pageSize = 50;

export interface ContentSweep {
  readonly removed: RetentionCounts;
  /** Where it stopped, if it did not come to the end. */
  readonly cursor?: string;
}

/** Removes the stored content of an application that nothing has used for its days. */
export async function sweepContents(
  ports: ContentSweepPorts,
  at: { readonly application: string; readonly cursor?: string },
  isSpent: () => boolean,
): Promise<ContentSweep> {
  let removed = noCounts;
  let { cursor } = at;
  do {
    const page = await ports.contents.list(at.application, { cursor, limit: pageSize });
    for (const content of page.items) {
      if (!(await sweepContent(ports, content))) continue;
      removed = { ...removed, contents: removed.contents + 1, bytes: removed.bytes + content.size };
    }
    cursor = page.next;
  } while (cursor !== undefined && !isSpent());
  return cursor === undefined ? { removed } : { removed, cursor };
}

/**
 * Marked first, so that nobody reads it while it goes and whoever stores it again gets a key of his own; then the bytes, then the
 * record. A crash in between leaves a marked record, which the next sweep ends.
 */
async function sweepContent(ports: ContentSweepPorts, content: StoredContent): Promise<boolean> {
  const marked = content.removing === true ? content : await mark(ports, content);
  if (marked === undefined) return false;
  await ports.blobs.remove(marked.blob);
  return ports.contents.remove(marked);
}

async function mark(ports: ContentSweepPorts, content: StoredContent): Promise<StoredContent | undefined> {
  const now = ports.clock.now();
  // Most are decided by the record alone; the artifacts are asked only where it would go.
  if (!isContentExpired(content, [], now)) return undefined;
  if (!isContentExpired(content, await daysAskedFor(ports, content), now)) return undefined;
  return ports.contents.save({ ...content, removing: true });
}

/** `retentionDays` of the artifacts whose content it is, and of the facts about them. */
async function daysAskedFor({ artifacts }: ContentSweepPorts, { uuids }: StoredContent): Promise<readonly number[]> {
  const days: number[] = [];
  for (const uuid of uuids) {
    const [recorded, facts] = await Promise.all([artifacts.find(uuid), artifacts.facts(uuid)]);
    const own = recorded === undefined ? undefined : retentionDaysOf(recorded.artifact);
    days.push(...[own, ...facts.map((fact) => fact.retentionDays)].filter((one) => one !== undefined));
  }
  return days;
}

/** What a kept run needs counts as used today; once a day is enough. */
export async function touchContents(
  { contents, clock }: Pick<Ports, 'clock' | 'contents'>,
  references: readonly { readonly application: string; readonly hash: string }[],
): Promise<void> {
  for (const { application, hash } of references) {
    const content = await contents.find(application, hash);
    const now = clock.now();
    if (content === undefined || content.removing === true || content.usedAt + dayMs / 2 > now) continue;
    await contents.save({ ...content, usedAt: now });
  }
}
