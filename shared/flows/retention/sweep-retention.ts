import { uploads } from '../../domain/content.ts';
import {
  addCounts,
  dayMs,
  noCounts,
  type PipelineProgress,
  type RetentionCounts,
  type RetentionState,
} from '../../domain/retention.ts';
import type { Ports } from '../../ports/ports.ts';
import { sweepContents } from './sweep-contents.ts';
import { type PipelineSweep, type SweepPorts, sweepPipeline } from './sweep-pipeline.ts';

export type RetentionPorts = SweepPorts & Pick<Ports, 'retention' | 'log'>;

/** `idle`: today's round is done. `paused`: it goes on where it stopped, at the next call. */
export interface RetentionAnswer {
  readonly kind: 'idle' | 'paused' | 'finished';
  /** By this call. */
  readonly removed: RetentionCounts;
}

const pageSize = 50;
/** A crash does the pipelines since the last one again; most of them take a few reads and no write. */
const pipelinesPerSave = 25;
/** A round a day, at whatever minute of the hour it is called. */
const roundMs = dayMs - 3_600_000;

/**
 * Removes what its time is over for: executions with ledger, evidence and approvals, and stored content. Goes through the pipelines
 * by name, for as long as it may (`until`, epoch ms), and remembers where it stopped. Every removal is conditional and can be
 * taken up again, so a crash, or two calls at once, cost time only. Says in the log what a call and a round removed.
 */
export async function sweepRetention(
  ports: RetentionPorts,
  { until }: { readonly until: number },
): Promise<RetentionAnswer> {
  const begun = await beginRound(ports);
  if (begun === undefined) return { kind: 'idle', removed: noCounts };
  await clearLeftovers(ports);
  const answer = await goOn(ports, begun, () => ports.clock.now() >= until);
  ports.log.info('retention', { round: answer.kind, ...answer.removed });
  return answer;
}

async function beginRound({ retention, clock }: RetentionPorts): Promise<RetentionState | undefined> {
  const state = await retention.state();
  const now = clock.now();
  if (state !== undefined && state.finishedAt === undefined) return state;
  if (state !== undefined && now - state.startedAt < roundMs) return undefined;
  return retention.saveState({ startedAt: now, pipelines: 0, removed: noCounts, rev: state?.rev ?? 0 });
}

/** Taken out of the lists by a sweep that died before it had taken the rest away. */
async function clearLeftovers({ executions }: RetentionPorts): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await executions.sweeping({ cursor, limit: pageSize });
    for (const swept of page.items) await executions.clear(swept);
    cursor = page.next;
  } while (cursor !== undefined);
}

async function goOn(ports: RetentionPorts, begun: RetentionState, isSpent: () => boolean): Promise<RetentionAnswer> {
  let state = begun;
  let removed = noCounts;
  let isSaved = true;
  while (!isSpent()) {
    const part = await nextPart(ports, state);
    if (part === undefined) return finishRound(ports, { state, removed });
    const swept = await sweepPipeline(ports, part.progress, isSpent);
    removed = addCounts(removed, swept.removed);
    state = after(state, part, swept);
    isSaved = state.pipelines % pipelinesPerSave === 0;
    if (!isSaved) continue;
    const saved = await ports.retention.saveState(state);
    // Another call goes on from the same place: what both do is harmless, and one is enough.
    if (saved === undefined) return { kind: 'paused', removed };
    state = saved;
  }
  if (!isSaved) await ports.retention.saveState(state);
  return { kind: 'paused', removed };
}

interface Part {
  readonly progress: PipelineProgress;
  /** Behind this pipeline. */
  readonly cursor?: string;
}

/** What is left of the pipeline under way, else the next one. */
async function nextPart({ retention }: RetentionPorts, state: RetentionState): Promise<Part | undefined> {
  if (state.within !== undefined) return { progress: state.within, cursor: state.cursor };
  if (state.pipelines > 0 && state.cursor === undefined) return undefined;
  const { items, next } = await retention.pipelines({ cursor: state.cursor, limit: 1 });
  const [pipeline] = items;
  return pipeline === undefined ? undefined : { progress: { pipeline, phase: 'executions', good: {} }, cursor: next };
}

function after(state: RetentionState, part: Part, swept: PipelineSweep): RetentionState {
  const { within: _, ...rest } = state;
  return {
    ...rest,
    cursor: part.cursor,
    pipelines: state.within === undefined ? state.pipelines + 1 : state.pipelines,
    removed: addCounts(state.removed, swept.removed),
    ...(swept.left === undefined ? {} : { within: swept.left }),
  };
}

/** Uploads belong to no pipeline; they are few. */
async function finishRound(
  ports: RetentionPorts,
  { state, removed }: { readonly state: RetentionState; readonly removed: RetentionCounts },
): Promise<RetentionAnswer> {
  const uploaded = await sweepContents(ports, { application: uploads }, () => false);
  const total = addCounts(state.removed, uploaded.removed);
  const finishedAt = ports.clock.now();
  await ports.retention.saveState({ ...state, removed: total, finishedAt });
  ports.log.info('retention round', { pipelines: state.pipelines, ms: finishedAt - state.startedAt, ...total });
  return { kind: 'finished', removed: addCounts(removed, uploaded.removed) };
}
