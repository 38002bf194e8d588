/** What so many callers, each waiting for its answer before it goes on, got done. */
export interface LoopResult {
  readonly perSecond: number;
  /** One per call. */
  readonly milliseconds: readonly number[];
}

export interface Loop<T> {
  readonly workers: number;
  readonly forMs: number;
  /** The sender's own work, done before the clock starts. */
  prepare(): T;
  call(worker: number, prepared: T): Promise<void>;
}

/** More than any caller here gets done; whoever gets through them ends early. */
const mostPerMs = 6;

export async function closedLoop<T>({ workers, forMs, prepare, call }: Loop<T>): Promise<LoopResult> {
  const prepared = Array.from({ length: forMs * mostPerMs }, prepare);
  const milliseconds: number[] = [];
  const start = performance.now();
  const work = async (worker: number): Promise<void> => {
    while (performance.now() < start + forMs) {
      const next = prepared.pop();
      if (next === undefined) return;
      const began = performance.now();
      await call(worker, next);
      milliseconds.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  return { perSecond: (milliseconds.length * 1_000) / (performance.now() - start), milliseconds };
}
