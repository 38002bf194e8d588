import * as z from 'zod/mini';
import { type ParkInput, type TaskInput, taskVersion } from '../domain/machine-io.ts';

/** Versions of task input that this release reads: its own and the one before (design 6). */
const v = z.int().check(z.gte(taskVersion - 1), z.lte(taskVersion));
const ordinal = z.int().check(z.gte(1), z.lte(500));
const fault = z.optional(z.object({ error: z.string(), cause: z.string() }));
const text = z.string().check(z.minLength(1));
const common = { v, execution: text, machine: text };

const taskInputs: z.ZodMiniType<TaskInput> = z.discriminatedUnion('do', [
  z.object({ ...common, do: z.literal('begin'), fault }),
  z.object({ ...common, do: z.literal('enter'), stage: ordinal, fault }),
  z.object({ ...common, do: z.literal('job'), stage: ordinal, job: ordinal, fault }),
  z.object({ ...common, do: z.literal('leave'), stage: ordinal, fault }),
  z.object({ ...common, do: z.literal('end'), fault }),
]);

const parkInput: z.ZodMiniType<ParkInput> = z.object({
  ...common,
  do: z.literal('park'),
  stage: ordinal,
  job: z.optional(ordinal),
  token: text,
  enteredAt: text,
  retry: z.int().check(z.gte(0)),
});

/** What the machine calls its one function with: a node's next effect, or the token of a task that waits. */
export const nodeInput: z.ZodMiniType<TaskInput | ParkInput> = z.union([taskInputs, parkInput]);

/** A timer says nothing that anyone reads. */
export const anyInput: z.ZodMiniType<unknown> = z.unknown();
