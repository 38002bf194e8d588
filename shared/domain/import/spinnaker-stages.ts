import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { joinPath } from '../pipeline-draft.ts';
import { approvalGate } from './approval-gate.ts';
import { needsAmong } from './keep-order.ts';
import { Ids } from './names.ts';
import { listOf, textOf, textsOf } from './read-loose.ts';
import type { SpinnakerContext } from './spinnaker-context.ts';
import { expectFromElsewhere } from './spinnaker-made.ts';
import { isTranslated, translateStep } from './spinnaker-steps.ts';

interface Stage {
  readonly id: string;
  readonly refId: string;
  readonly path: string;
  readonly type: string;
  readonly raw: JsonObject;
}

/** Our stages in the order of the file, each with the nearest that it needs of those that are left. */
export function translateStages(
  context: SpinnakerContext,
  value: Json | undefined,
): readonly (readonly [string, JsonObject])[] {
  const stages = readStages(context, value);
  for (const { raw, path, type } of stages) if (!isTranslated(type)) expectFromElsewhere(context, raw, path);
  const made = stages.flatMap((stage) => {
    const translated = translateStage(context, stage);
    return translated === undefined ? [] : [{ stage, translated }];
  });
  const nodes = stages.map(({ refId, raw }) => ({ id: refId, needs: textsOf(raw.requisiteStageRefIds) }));
  const { needs, circular } = needsAmong(nodes, new Set(made.map(({ stage }) => stage.refId)));
  for (const { refId, path } of stages) {
    if (circular.includes(refId))
      context.notes.add(joinPath(path, 'requisiteStageRefIds'), 'go in a circle; one of them is left out.');
  }
  const ids = new Map(stages.map(({ refId, id }) => [refId, id]));
  return made.map(({ stage, translated }) => {
    const needed = (needs.get(stage.refId) ?? []).map((refId) => ids.get(refId) ?? refId);
    return [stage.id, { ...(needed.length === 0 ? {} : { needs: needed }), ...translated }] as const;
  });
}

/** Without a refId of its own a stage has its place in the list. */
function readStages({ notes }: SpinnakerContext, value: Json | undefined): readonly Stage[] {
  const ids = new Ids();
  const seen = new Set<string>();
  return listOf(value).flatMap((raw, index) => {
    const path = joinPath('stages', index);
    const type = isJsonObject(raw) ? textOf(raw.type) : undefined;
    if (!isJsonObject(raw) || type === undefined) {
      notes.add(path, 'has no type and is left out.');
      return [];
    }
    const written = textOf(raw.refId) ?? `#${index}`;
    if (seen.has(written)) notes.add(joinPath(path, 'refId'), 'is that of another stage; nothing can need this one.');
    const refId = seen.has(written) ? `#${index} ${written}` : written;
    seen.add(refId);
    return [{ id: ids.take(textOf(raw.name) ?? type, type), refId, path, type, raw }];
  });
}

const common = [
  'refId',
  'requisiteStageRefIds',
  'type',
  'name',
  'comments',
  'isNew',
  'alias',
  'failPipeline',
  'continuePipeline',
  'completeOtherBranchesThenFail',
  'expectedArtifacts',
];

const reasons: Readonly<Record<string, string>> = {
  stageEnabled: 'has no counterpart: conditions are SpEL, which is not evaluated here; the stage always runs.',
  restrictedExecutionWindow: 'has no counterpart: put an approval before the stage.',
};

function translateStage(context: SpinnakerContext, stage: Stage): JsonObject | undefined {
  const { notes } = context;
  const { raw, path, type } = stage;
  if (!isTranslated(type) && type !== 'manualJudgment') {
    notes.add(
      path,
      `a stage of type "${type.slice(0, 60)}" has no counterpart and is left out; what needs it needs what it needed.`,
    );
    return undefined;
  }
  if (raw.continuePipeline === true || raw.failPipeline === false) {
    notes.add(path, 'its failure fails the run here; write when: always on the stages that are to run all the same.');
  }
  if (type === 'manualJudgment') return { gates: [judgment(context, stage)] };
  const step = translateStep(context, { raw, path, type, read: common, reasons });
  if (listOf(raw.expectedArtifacts).length > 0) {
    notes.add(
      joinPath(path, 'expectedArtifacts'),
      'are left out: name what the step leaves with publishes, and refer to it.',
    );
  }
  return step === undefined ? undefined : { steps: { main: step } };
}

function judgment({ notes }: SpinnakerContext, { raw, path }: Stage): JsonObject {
  notes.leftover(raw, path, { read: [...common, 'selectedStageRoles', 'stageTimeoutMs', 'instructions'], reasons });
  if (textOf(raw.instructions) !== undefined)
    notes.add(joinPath(path, 'instructions'), 'are left out: an approval shows what is to be deployed.');
  const milliseconds = Number(textOf(raw.stageTimeoutMs) ?? Number.NaN);
  const timeoutMinutes = Number.isFinite(milliseconds) ? milliseconds / 60_000 : undefined;
  return approvalGate(
    { groups: textsOf(raw.selectedStageRoles), count: 1, ...(timeoutMinutes === undefined ? {} : { timeoutMinutes }) },
    { notes, path, groupsPath: joinPath(path, 'selectedStageRoles') },
  );
}
