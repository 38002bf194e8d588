import type { Artifact } from '../domain/artifact.ts';
import { normaliseArtifact } from '../domain/artifact-identity.ts';
import type { Caller } from '../domain/caller.ts';
import type { ClaimParts } from '../domain/claim.ts';
import { parseDigest } from '../domain/digest.ts';
import type { FaultRecord } from '../domain/failure.ts';
import { imageTags } from '../domain/image-push.ts';
import type { JsonObject } from '../domain/json.ts';
import { canChange, canRead } from '../domain/permission.ts';
import type { PipelineDefinition, PipelineVersion, RegistrySource } from '../domain/pipeline.ts';
import { admitTag } from '../domain/tag-filter.ts';
import type { Ports } from '../ports/ports.ts';
import { askingFor } from './asking.ts';
import { bindPipeline, type PipelineBinding } from './bind-pipeline.ts';
import type { Selection } from './intake/picked.ts';
import { isOf, receiveArtifacts } from './intake/receive-artifacts.ts';
import { registryRefusal } from './intake/registry-refusal.ts';
import type { VerifyPorts } from './intake/verify-image.ts';
import { resumeClaim, type StartPorts, startExecution } from './start-execution.ts';

type ManualPorts = StartPorts & VerifyPorts & Pick<Ports, 'randomness'>;

export interface ManualRun {
  /** Decorated, or in Flow's shapes. */
  readonly artifacts?: readonly JsonObject[];
  readonly select?: Readonly<
    Record<string, { readonly tag?: string; readonly digest?: string; readonly build?: string }>
  >;
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface ManualStart {
  readonly caller: Caller;
  readonly pipeline: string;
  readonly body: ManualRun;
  readonly idempotencyKey?: string;
}

export interface InputFault {
  readonly path: string;
  readonly message: string;
}

export type ManualAnswer =
  | { readonly kind: 'started'; readonly executionId: string }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'forbidden' }
  /** `code` is invalidInput, noVersion, notAdmitted or a registry's. */
  | { readonly kind: 'invalid'; readonly code: string; readonly errors: readonly InputFault[] };

/**
 * Starts a run by hand. The same Idempotency-Key of the same caller answers the first run, whatever was pushed meanwhile.
 * What cannot be bound starts nothing. Throws the registry's failure when asking again may help.
 */
export async function startManually(ports: ManualPorts, start: ManualStart): Promise<ManualAnswer> {
  const { caller, pipeline } = start;
  const head = await ports.pipelines.head(pipeline);
  if (head === undefined || head.deleted || !canRead(caller, head)) return { kind: 'notFound' };
  if (!canChange(caller, head)) return { kind: 'forbidden' };
  const version = await ports.pipelines.version(pipeline, head.version);
  if (version === undefined) return { kind: 'notFound' };
  const key = start.idempotencyKey ?? ports.randomness.hex(16);
  const claim: ClaimParts = { kind: 'manual', pipeline, subject: caller.subject, key };
  const known = start.idempotencyKey === undefined ? undefined : await resumeClaim(ports, claim, {});
  if (known !== undefined) return { kind: 'started', executionId: known.executionId };
  return startChecked(askingFor(ports, [pipeline]), start, { version, claim });
}

interface Wanted {
  readonly version: PipelineVersion;
  readonly claim: ClaimParts;
}

async function startChecked(ports: ManualPorts, start: ManualStart, { version, claim }: Wanted): Promise<ManualAnswer> {
  const { definition } = version;
  const input = readInput(ports, definition, start.body);
  if (input.kind === 'invalid') return input;
  const bound = await bindInput(ports, definition, input);
  if (bound.kind !== 'bound') return bound;
  const started = await startExecution(ports, {
    pipeline: version.name,
    pipelineVersion: version.version,
    claim,
    trigger: { type: 'manual', user: start.caller.subject, artifacts: input.artifacts },
    binding: bound,
    parameters: { ...definition.parameters, ...start.body.parameters },
    orderAt: ports.clock.now(),
  });
  return { kind: 'started', executionId: started.executionId };
}

interface Input {
  readonly kind: 'ok';
  readonly artifacts: readonly Artifact[];
  readonly select: Readonly<Record<string, Selection>>;
}

type Invalid = Extract<ManualAnswer, { kind: 'invalid' }>;

/** Every fault at once, each with its path. */
function readInput(ports: Pick<Ports, 'sha1'>, definition: PipelineDefinition, body: ManualRun): Input | Invalid {
  const errors: InputFault[] = [];
  const artifacts = (body.artifacts ?? []).flatMap((input, index) => {
    const normal = normaliseArtifact(input, ports.sha1);
    if (normal.kind === 'ok') return [normal.artifact];
    errors.push(...normal.errors.map(({ path, message }) => ({ path: `artifacts.${index}.${path}`, message })));
    return [];
  });
  const select = readSelect(definition, body, errors);
  for (const name of Object.keys(body.parameters ?? {})) {
    if (Object.hasOwn(definition.parameters, name)) continue;
    errors.push({
      path: `parameters.${name}`,
      message: `is no parameter of the pipeline: ${names(definition.parameters)}`,
    });
  }
  const refused = errors.length > 0 ? undefined : notAdmitted(definition, artifacts);
  if (refused !== undefined) return refused;
  return errors.length > 0 ? { kind: 'invalid', code: 'invalidInput', errors } : { kind: 'ok', artifacts, select };
}

function readSelect(definition: PipelineDefinition, body: ManualRun, errors: InputFault[]): Input['select'] {
  const select: [string, Selection][] = [];
  for (const [source, { tag, digest: text, build }] of Object.entries(body.select ?? {})) {
    const path = `select.${source}`;
    const digest = text === undefined ? undefined : parseDigest(text);
    if (!Object.hasOwn(definition.sources, source)) {
      errors.push({ path, message: `is no source of the pipeline: ${names(definition.sources)}` });
    } else if (text !== undefined && digest === undefined) {
      errors.push({ path: `${path}.digest`, message: 'must be sha256: and 64 lower-case hex digits' });
    } else if (tag === undefined && digest === undefined && build === undefined) {
      errors.push({ path, message: 'must name a tag, a digest or a build' });
    } else {
      select.push([source, { tag, digest, build }]);
    }
  }
  return Object.fromEntries(select);
}

function names(record: object): string {
  return Object.keys(record).join(', ') || 'it has none';
}

/** An artifact that names tags must name one that a source of its repository admits; a digest alone speaks for itself. */
function notAdmitted(definition: PipelineDefinition, artifacts: readonly Artifact[]): Invalid | undefined {
  for (const [index, artifact] of artifacts.entries()) {
    const sources = registrySources(definition).filter((source) => isOf(source, artifact));
    const [first] = sources;
    if (first === undefined || sources.some((source) => admits(source, artifact))) continue;
    const admission = admitTag(first.tags, imageTags(artifact)[0]);
    const message = admission.admitted ? '' : admission.message;
    return { kind: 'invalid', code: 'notAdmitted', errors: [{ path: `artifacts[${index}]`, message }] };
  }
  return undefined;
}

function registrySources(definition: PipelineDefinition): readonly RegistrySource[] {
  return Object.values(definition.sources).filter((source) => source.type === 'registry');
}

function admits(source: RegistrySource, artifact: Artifact): boolean {
  const tags = imageTags(artifact);
  return tags.length === 0 || tags.some((tag) => admitTag(source.tags, tag).admitted);
}

async function bindInput(
  ports: ManualPorts,
  definition: PipelineDefinition,
  { artifacts, select }: Input,
): Promise<Extract<PipelineBinding, { kind: 'bound' }> | Invalid> {
  const refused = (code: string, path: string, message: string) =>
    ({ kind: 'invalid', code, errors: [{ path, message }] }) as const;
  try {
    const received = await receiveArtifacts(ports, { sources: definition.sources, artifacts, admits });
    const binding = await bindPipeline(ports, {
      pipeline: definition.name,
      definition,
      received: without(received, select),
      select,
      artifacts,
      expectedArtifactIds: [],
    });
    if (binding.kind === 'bound') return binding;
    return refused(
      binding.code,
      `${Object.hasOwn(select, binding.source) ? 'select' : 'sources'}.${binding.source}`,
      binding.message,
    );
  } catch (error) {
    const refusal: FaultRecord | undefined = registryRefusal(error);
    if (refusal === undefined) throw error;
    return refused(refusal.code, 'artifacts', refusal.message);
  }
}

/** What is selected by name goes before what merely fits. */
function without<T>(received: Readonly<Record<string, T>>, select: object): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(received).filter(([source]) => !Object.hasOwn(select, source)));
}
