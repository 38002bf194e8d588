/** Version of task input and output; handlers accept `taskVersion - 1` too. */
export const taskVersion = 1;

/** Input of the state machine. Ids and ordinals only, never documents. */
export interface MachineInput {
  readonly v: number;
  readonly execution: string;
  /** The machine execution's own name: what `finishExecution` compares with the ledger. */
  readonly machine: string;
}

/** What the engine says of a call it gave up on: the error's name and its text (an AWS Lambda fault's is JSON). */
export interface EngineFault {
  readonly error: string;
  readonly cause: string;
}

/**
 * Which node a Run is for. Ordinals count from 1. With `fault` the engine gave up on this very call: record the failure in the
 * ledger and answer how to go on.
 */
export type TaskInput =
  | {
      readonly v: number;
      readonly do: 'begin';
      readonly execution: string;
      readonly machine: string;
      readonly fault?: EngineFault;
    }
  | {
      readonly v: number;
      readonly do: 'enter';
      readonly execution: string;
      readonly machine: string;
      readonly stage: number;
      readonly fault?: EngineFault;
    }
  | {
      readonly v: number;
      readonly do: 'job';
      readonly execution: string;
      readonly machine: string;
      readonly stage: number;
      readonly job: number;
      readonly fault?: EngineFault;
    }
  | {
      readonly v: number;
      readonly do: 'leave';
      readonly execution: string;
      readonly machine: string;
      readonly stage: number;
      readonly fault?: EngineFault;
    }
  | {
      readonly v: number;
      readonly do: 'end';
      readonly execution: string;
      readonly machine: string;
      readonly fault?: EngineFault;
    };

/** The waiting task: registers its token, then asks whether it still has to wait. */
export interface ParkInput {
  readonly v: number;
  readonly do: 'park';
  readonly execution: string;
  readonly machine: string;
  readonly stage: number;
  /** Absent = the stage itself waits. */
  readonly job?: number;
  readonly token: string;
  /** `$$.State.EnteredTime`, RFC 3339. */
  readonly enteredAt: string;
  /** `$$.State.RetryCount`. */
  readonly retry: number;
}

/** The one answer of Run. */
export type TaskOutput =
  | {
      readonly v: number;
      readonly next: 'done';
      readonly stages?: readonly number[];
      readonly jobs?: readonly number[];
    }
  | { readonly v: number; readonly next: 'again' }
  | { readonly v: number; readonly next: 'pause'; readonly until: string }
  | { readonly v: number; readonly next: 'park' };
