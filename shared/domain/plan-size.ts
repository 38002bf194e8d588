import { parseDuration } from './duration.ts';
import { isJsonObject } from './json.ts';
import type { PipelineDefinition, StageDefinition, StepDefinition } from './pipeline.ts';
import { findStepKind } from './step-kinds.ts';

/** Step Functions ends an execution at 25,000 history events: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const mostHistoryEvents = 20_000;
const dayMs = 86_400_000;
const perStep = 17;
const perPolling = 270;
/** A wait is cut into parks of a day at most; this many events if it may last longer than one. */
const perLongWait = 273;

/** An upper bound of the machine's history for one run (ruling 5). */
export function historyEvents(definition: PipelineDefinition): number {
  return sum(definition.stages.map(stageEvents));
}

function stageEvents(stage: StageDefinition): number {
  const isLong = stage.gates.some((gate) => gate.kind === 'approval' && gate.timeout > dayMs);
  return (isLong ? perLongWait : 0) + sum(stage.jobs.flatMap((job) => job.steps.map(stepEvents)));
}

function stepEvents(step: StepDefinition): number {
  const polling = findStepKind(step.step)?.polls ? perPolling : 0;
  return perStep + polling + (mayWaitOverDay(step) ? perLongWait : 0);
}

/** `wait: true` has no end of its own: only the execution's deadline ends it. */
function mayWaitOverDay(step: StepDefinition): boolean {
  const wait = step.with.wait;
  if (!isJsonObject(wait)) return wait === true;
  const timeout = typeof wait.timeout === 'string' ? parseDuration(wait.timeout) : undefined;
  return timeout === undefined || timeout > dayMs;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
