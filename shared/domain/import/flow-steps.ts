import { type ArtifactReference, parseTemplate } from '../expression.ts';
import type { JsonObject } from '../json.ts';
import { mayBeKubernetesLabel } from '../kubernetes-name.ts';
import { isFilePath, isUserName } from '../machine-place.ts';
import { joinPath } from '../pipeline-draft.ts';
import { builtReference, findUnit } from './flow-builds.ts';
import { type FlowContext, inputText, noteAccount, type ReferenceRule, scriptText } from './flow-context.ts';
import type { FlowJob, FlowStage, FlowUnit } from './flow-file.ts';
import { manifestReference } from './flow-manifest.ts';
import { listOf, objectOf, textOf } from './read-loose.ts';

export interface FlowPlace {
  readonly file: JsonObject;
  readonly stages: readonly FlowStage[];
  readonly stage: FlowStage;
  readonly job: FlowJob;
}

/** A step of ours, or undefined where there is none like it: noted. */
export function translateUnit(context: FlowContext, unit: FlowUnit, place: FlowPlace): JsonObject | undefined {
  switch (unit.type) {
    case 'KubectlApply':
      return kubectlApply(context, unit, place);
    case 'VMDeploy':
      return vmDeploy(context, unit, place);
    case 'ManualValidate':
      return undefined;
    default:
      noteUnit(context, unit);
      return undefined;
  }
}

/** Whether a step of this type is one of ours afterwards. */
export function isKept(type: string): boolean {
  return type === 'KubectlApply' || type === 'VMDeploy';
}

function noteUnit(context: FlowContext, unit: FlowUnit): void {
  const { notes } = context;
  notes.add(
    unit.path,
    `${unit.type.slice(0, 60)} has no counterpart: what builds, tests or uploads stays in the build system.`,
  );
  noteAccount(context, unit.with.serviceConnection, joinPath(unit.path, 'with', 'serviceConnection'));
}

function noteStep(context: FlowContext, unit: FlowUnit, step: string): void {
  const said = `becomes ${step}; an engine without that step refuses the file with stepNotAvailable.`;
  context.notes.add(unit.path, `${unit.type} ${said}`);
}

function kubectlApply(context: FlowContext, unit: FlowUnit, place: FlowPlace): JsonObject {
  const path = joinPath(unit.path, 'with');
  const given = unit.with;
  noteStep(context, unit, 'kubernetes-apply');
  context.notes.leftover(given, path, {
    read: ['kubernetesCluster', 'namespace', 'yamlPath', 'variables', 'serviceConnection'],
    reasons: { kubectlVersion: 'has no counterpart: manifests are applied through the API, without kubectl.' },
  });
  noteAccount(context, given.serviceConnection, joinPath(path, 'serviceConnection'));
  const text = (key: string, otherwise: string) =>
    inputText(context, textOf(given[key]) ?? otherwise, at(context, place, joinPath(path, key)));
  const variables = translateVariables(context, given, { place, path });
  const namespace = text('namespace', 'default');
  const isNamespace = mayBeKubernetesLabel(namespace);
  if (!isNamespace) context.notes.add(joinPath(path, 'namespace'), 'is left out: it is no name of a namespace.');
  return {
    step: 'kubernetes-apply',
    with: {
      cluster: text('kubernetesCluster', 'default'),
      ...(isNamespace ? { namespace } : {}),
      manifest: manifestReference(context, { file: place.file, job: place.job, unit }),
      ...(variables.length === 0 ? {} : { variables }),
    },
  };
}

function translateVariables(
  context: FlowContext,
  given: JsonObject,
  { place, path }: { readonly place: FlowPlace; readonly path: string },
): readonly JsonObject[] {
  return listOf(given.variables).flatMap((item, index) => {
    const here = joinPath(path, 'variables', index);
    const { key, value } = objectOf(item);
    const [name, text] = [textOf(key), textOf(value)];
    if (name === undefined || text === undefined || !/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(name)) {
      context.notes.add(here, 'is left out: it needs a key that is a name and a value that is a text.');
      return [];
    }
    return [{ key: name, value: inputText(context, text, at(context, place, here)) }];
  });
}

function vmDeploy(context: FlowContext, unit: FlowUnit, place: FlowPlace): JsonObject | undefined {
  const path = joinPath(unit.path, 'with');
  const given = unit.with;
  context.notes.leftover(given, path, {
    read: [
      'artifact',
      'machineGroup',
      'artifactDownloadPath',
      'executeUser',
      'run',
      'batchNumber',
      'downloadArtifact',
      'useEncode',
      'serviceConnection',
    ],
    reasons: {
      pauseStrategy:
        'has no counterpart: nobody is asked within a step. Put an approval before a second stage for the rest.',
    },
  });
  noteAccount(context, given.serviceConnection, joinPath(path, 'serviceConnection'));
  const texts = ['artifact', 'machineGroup', 'artifactDownloadPath'].map((key) => {
    const text = textOf(given[key]);
    return text === undefined ? undefined : inputText(context, text, at(context, place, joinPath(path, key)));
  });
  const [artifact, machines, downloadPath] = texts;
  if (artifact === undefined || machines === undefined || downloadPath === undefined) {
    context.notes.add(path, 'VMDeploy is left out: vm-deploy needs artifact, machineGroup and artifactDownloadPath.');
    return undefined;
  }
  const rest = deployment(context, given, { place, path });
  const isSound = mayBe(downloadPath, isFilePath) && mayBe(rest.user, isUserName) && machines.length <= longestTag;
  if (!isSound) {
    const needs = 'an absolute path of a file, the name of a user, and a group of at most 256 letters';
    context.notes.add(path, `VMDeploy is left out: vm-deploy needs ${needs}.`);
    return undefined;
  }
  noteStep(context, unit, 'vm-deploy');
  context.notes.add(
    joinPath(path, 'machineGroup'),
    'is a group of Flow. Give its machines, with the agent of Systems Manager, the tag waybill-group of that value.',
  );
  return {
    step: 'vm-deploy',
    with: {
      artifact,
      machines: `tag:waybill-group=${machines}`,
      downloadPath,
      ...rest,
    },
  };
}

/** Of the value of a tag. */
const longestTag = 256;

/** What has variables in it is only known when the step runs. */
function mayBe(text: string, isSound: (text: string) => boolean): boolean {
  const parsed = parseTemplate(text);
  if (parsed.kind === 'invalid') return false;
  const texts = parsed.template.parts.map((part) => (part.kind === 'text' ? part.text : undefined));
  return texts.includes(undefined) || isSound(texts.join(''));
}

function deployment(
  context: FlowContext,
  given: JsonObject,
  { place, path }: { readonly place: FlowPlace; readonly path: string },
): JsonObject & { readonly user: string } {
  const user = inputText(
    context,
    textOf(given.executeUser) ?? 'root',
    at(context, place, joinPath(path, 'executeUser')),
  );
  const run = scriptText(context, textOf(given.run) ?? 'true', at(context, place, joinPath(path, 'run')));
  const written = textOf(given.batchNumber);
  const batches = Number(written ?? 1);
  const isCount = Number.isInteger(batches) && batches >= 1 && batches <= 20;
  if (!isCount) context.notes.add(joinPath(path, 'batchNumber'), 'is left out: batches are a number from 1 to 20.');
  return { user, run, ...(written !== undefined && isCount ? { batches } : {}) };
}

function at(
  context: FlowContext,
  place: FlowPlace,
  path: string,
): { readonly path: string; readonly reference: ReferenceRule } {
  return { path, reference: (reference) => translated(context, reference, { place, path }) };
}

function translated(
  context: FlowContext,
  reference: ArtifactReference,
  { place, path }: { readonly place: FlowPlace; readonly path: string },
): ArtifactReference | undefined {
  switch (reference.scope) {
    case 'source':
    case 'build': {
      const source = context.sourceIds.get(reference.source);
      const isSound = reference.scope === 'source' || context.sources.get(source ?? '')?.type === 'pipeline';
      return source === undefined || !isSound ? undefined : { ...reference, source };
    }
    case 'stage':
    case 'job': {
      const stage = reference.scope === 'stage' ? reference.stage : place.stage.flowId;
      const unit = findUnit(place.stages, { stage, job: reference.job, step: reference.step });
      return unit !== undefined && isKept(unit.type)
        ? undefined
        : builtReference(context, reference, { stage, unit, path });
    }
  }
}
