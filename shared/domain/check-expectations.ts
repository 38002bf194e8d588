import { stageNeeds } from './compile-plan.ts';
import type { StageDefinition } from './pipeline.ts';
import { joinPath, type PipelineDraft, type PipelineFault } from './pipeline-draft.ts';

/** In the whole file: each may hold five patterns, all compiled when it is saved. */
const mostExpectations = 200;

/** What no single expectation shows: ids that clash or that nothing has, and how many there are. */
export function checkExpectations(draft: PipelineDraft): readonly PipelineFault[] {
  const { expectedArtifacts, stages } = draft.definition;
  const count = [expectedArtifacts, ...stages.map((stage) => stage.expectedArtifacts)].flat().length;
  const tooMany = {
    path: 'expectedArtifacts',
    message: `${count} expected artifacts, at most ${mostExpectations} are allowed`,
  };
  return [
    ...(count > mostExpectations ? [tooMany] : []),
    ...expectedArtifacts.flatMap(({ id }, index) =>
      draft.sourceIds.has(id)
        ? [
            {
              path: joinPath('expectedArtifacts', index, 'id'),
              message: `"${id}" is a source already; choose another id`,
            },
          ]
        : [],
    ),
    ...stages.flatMap((stage) => checkInputs(draft, stage)),
  ];
}

/** An input is found among the expectations of the stage, of those before it, and of the pipeline; sources are such, too. */
function checkInputs(draft: PipelineDraft, stage: StageDefinition): readonly PipelineFault[] {
  const known = [
    ...stagesBefore(draft.definition.stages, stage).flatMap((one) => one.expectedArtifacts),
    ...draft.definition.expectedArtifacts,
  ].map(({ id }) => id);
  return stage.inputArtifacts.flatMap(({ id }, index) => {
    const path = joinPath('stages', stage.id, 'inputArtifacts', index, 'id');
    if (stage.expectedArtifacts.some((own) => own.id === id)) {
      return [
        { path, message: `"${id}" is expected by this stage itself: it is bound only once its steps have ended` },
      ];
    }
    if (id === undefined || known.includes(id) || draft.sourceIds.has(id)) return [];
    return [
      { path, message: `"${id}" is neither a source nor an expected artifact of the pipeline or of a stage before` },
    ];
  });
}

/** What a stage needs, directly or through others. */
function stagesBefore(stages: readonly StageDefinition[], stage: StageDefinition): readonly StageDefinition[] {
  const found = new Set<StageDefinition>();
  const open = [stage];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    const needs = stageNeeds(one);
    const fresh = stages.filter((other) => needs.includes(other.id) && !found.has(other));
    for (const other of fresh) found.add(other);
    open.push(...fresh);
  }
  return [...found];
}
