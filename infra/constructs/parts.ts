import type { Blobs } from './blobs.ts';
import type { EventQueue } from './event-queue.ts';
import type { Keys } from './keys.ts';
import type { MachineArns } from './machine.ts';
import type { WaybillTable } from './table.ts';
import type { FunctionProps } from './waybill-function.ts';
import type { WebFiles } from './web-files.ts';

/** What functions are made of and granted. */
export interface Parts {
  /** Of the installation: secrets begin with it. */
  readonly name: string;
  readonly function: Pick<FunctionProps, 'codeOf' | 'environment' | 'logDays'>;
  readonly table: WaybillTable;
  readonly blobs: Blobs;
  readonly webFiles: WebFiles;
  readonly keys: Keys;
  readonly queue: EventQueue;
  readonly machine: MachineArns;
}
