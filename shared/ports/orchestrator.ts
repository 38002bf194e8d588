import type { MachineInput } from '../domain/machine-io.ts';

/** Step Functions on AWS, the embedded ASL engine on one machine: the same published definition. */
export interface Orchestrator {
  /** Idempotent by name: a name that runs or ran already is a success. */
  start(name: string, input: MachineInput): Promise<void>;
  /** Ends the waiting task of that token. A stale or unknown token is not an error: the token only wakes. */
  wake(token: string): Promise<void>;
  /** Ends a machine execution; unknown names are not an error. */
  stop(name: string, reason: string): Promise<void>;
  /** Whether the engine still runs it; undefined = cannot tell. */
  running(name: string): Promise<boolean | undefined>;
}
