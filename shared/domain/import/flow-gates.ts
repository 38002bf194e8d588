import type { JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';
import { approvalGate } from './approval-gate.ts';
import type { FlowJob, FlowStage, FlowUnit } from './flow-file.ts';
import type { Notes } from './imported.ts';
import { listOf, textOf, textsOf } from './read-loose.ts';

/** The approvals of a stage: its ManualValidate jobs, and those that Flow waits to be started by hand. */
export function translateGates(stage: FlowStage, notes: Notes): readonly JsonObject[] {
  const asked = stage.jobs.flatMap((job) => {
    const unit = validation(job);
    if (unit !== undefined) return [manualValidate(job, unit, notes)];
    return textOf(job.raw.driven) === 'manual' ? [startedByHand(job, notes)] : [];
  });
  noteOrder(stage, notes);
  return asked;
}

function validation(job: FlowJob): FlowUnit | undefined {
  return job.units.find((unit) => unit.type === 'ManualValidate');
}

function manualValidate(job: FlowJob, unit: FlowUnit, notes: Notes): JsonObject {
  const path = joinPath(unit.path, 'with');
  const { validatorUsers, validators, validatorType, validateMethod } = unit.with;
  notes.leftover(unit.with, path, { read: ['validatorType', 'validateMethod', 'validatorUsers', 'validators'] });
  const users = [...textsOf(validatorUsers), ...textsOf(validators)];
  const key =
    listOf(validatorUsers).length > 0 || textOf(validatorUsers) !== undefined ? 'validatorUsers' : 'validators';
  if (textOf(validatorType) !== undefined && textOf(validatorType) !== 'users') {
    notes.add(joinPath(path, 'validatorType'), 'is read as users: each becomes a group of that name.');
  }
  const everybody = textOf(validateMethod)?.toLowerCase() === 'and';
  return approvalGate(
    { groups: users, count: everybody ? new Set(users).size : 1, timeoutMinutes: job.raw.timeoutMinutes },
    { notes, groupsPath: joinPath(path, key), path: job.path },
  );
}

function startedByHand(job: FlowJob, notes: Notes): JsonObject {
  const path = joinPath(job.path, 'driven');
  notes.add(path, 'somebody starts this job by hand: it becomes an approval of the whole stage.');
  return approvalGate({ groups: [], count: 1 }, { notes, groupsPath: path, path: job.path });
}

/** Gates are a stage's: nothing in it starts before they allow. */
function noteOrder(stage: FlowStage, notes: Notes): void {
  const asks = stage.jobs.filter((job) => validation(job) !== undefined).map(({ flowId }) => flowId);
  if (asks.length === 0) return;
  for (const job of stage.jobs) {
    if (asks.includes(job.flowId) || job.needs.some((need) => asks.includes(need))) continue;
    notes.add(job.path, 'starts after the approval too: the approval is one of its whole stage.');
  }
}
