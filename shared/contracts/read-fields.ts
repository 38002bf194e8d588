import { z } from 'zod';
import { joinPath, type PipelineFault } from '../domain/pipeline-draft.ts';
import { inputFaults } from './schema.ts';

/** Where faults are noted while the rest is read on. */
export type FaultList = PipelineFault[];

/** The keys of one object, as they must be, and as what is left of them when some are faulty. */
export interface Fields<S extends z.ZodRawShape> {
  readonly whole: z.ZodObject<S, z.core.$strict>;
  readonly left: ReturnType<z.ZodObject<S, z.core.$strict>['partial']>;
}
