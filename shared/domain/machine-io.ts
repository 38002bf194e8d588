/** Version of task input and output; handlers accept `taskVersion - 1` too. */
export const taskVersion = 1;

/** Input of the state machine. Ids and ordinals only, never documents. */
export interface MachineInput {
  readonly v: number;
  readonly execution: string;
  /** The machine execution's own name: what `finishExecution` compares with the ledger. */
  readonly machine: string;
}

/** Which node a Run is for. Ordinals count from 1. */
export type TaskInput =
  | { readonly v: number; readonly do: 'begin'; readonly execution: string; readonly machine: string }
  | {
      readonly v: number;
      readonly do: 'enter';
      readonly execution: string;
      readonly machine: string;
      readonly stage: number;
    }
  | {
      readonly v: number;
      readonly do: 'job';
      readonly execution: string;
      readonly machine: string;
      readonly stage: number;
      readonly job: number;
    }
  | {
      readonly v: number;
      readonly do: 'leave';
      readonly execution: string;
      readonly machine: string;
      readonly stage: number;
    }
  | { readonly v: number; readonly do: 'end'; readonly execution: string; readonly machine: string };

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
