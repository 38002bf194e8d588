import { z } from 'zod';
import { type ParkInput, type TaskInput, taskVersion } from '../domain/machine-io.ts';

/** Versions of task input that this release reads: its own and the one before (design 6). */
const v = z
  .int()
  .min(taskVersion - 1)
  .max(taskVersion);
const ordinal = z.int().min(1).max(500);
const fault = z.object({ error: z.string(), cause: z.string() }).optional();
const common = { v, execution: z.string().min(1), machine: z.string().min(1) };

const taskInputs: z.ZodType<TaskInput> = z.discriminatedUnion('do', [
  z.object({ ...common, do: z.literal('begin'), fault }),
  z.object({ ...common, do: z.literal('enter'), stage: ordinal, fault }),
  z.object({ ...common, do: z.literal('job'), stage: ordinal, job: ordinal, fault }),
  z.object({ ...common, do: z.literal('leave'), stage: ordinal, fault }),
  z.object({ ...common, do: z.literal('end'), fault }),
]);

const parkInput: z.ZodType<ParkInput> = z.object({
  ...common,
  do: z.literal('park'),
  stage: ordinal,
  job: ordinal.optional(),
  token: z.string().min(1),
  enteredAt: z.string().min(1),
  retry: z.int().min(0),
});

/** What the machine calls its one function with: a node's next effect, or the token of a task that waits. */
export const nodeInput: z.ZodType<TaskInput | ParkInput> = z.union([taskInputs, parkInput]);

/** A timer says nothing that anyone reads. */
export const anyInput: z.ZodType<unknown> = z.unknown();
