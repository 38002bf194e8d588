import type { Artifact } from '../../domain/artifact.ts';
import type { Digest } from '../../domain/digest.ts';
import { resolveJson } from '../../domain/evaluate.ts';
import type { LedgerNode } from '../../domain/execution.ts';
import type { FaultRecord } from '../../domain/failure.ts';
import { fileDigest, findFile } from '../../domain/file-digest.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { idempotencyKey, type PlacedStep } from '../../domain/ledger.ts';
import { parseReference } from '../../domain/reference.ts';
import { targetLocation } from '../../domain/select-by-location.ts';
import { imageOf, literalImages, type StageImage } from '../../domain/stage-images.ts';
import { findStepKind } from '../../domain/step-kinds.ts';
import { stepScope } from '../../domain/step-scope.ts';
import type { Ports } from '../../ports/ports.ts';
import { givenArtifacts } from './given-artifacts.ts';
import { type InternalHosts, withInternalAddress } from './internal-address.ts';
import type { Run } from './load-run.ts';
import { loadScope } from './load-scope.ts';

export interface ResolvedStep {
  readonly kind: 'resolved';
  readonly with: JsonObject;
  readonly artifacts: readonly Artifact[];
  readonly wanted?: Digest;
  /** `host/path` of the wanted image, or the name of the wanted file. */
  readonly repository?: string;
  readonly deploys: boolean;
  /** Every image that the step puts somewhere: what gates must have been asked for. */
  readonly images: readonly StageImage[];
  /** With the internal address: what the target is given in place of `artifacts`, and whose hosts are whose. */
  readonly handed?: readonly Artifact[];
  readonly internalHosts?: InternalHosts;
  /** The kind itself pulls by the internal address. */
  readonly internal?: boolean;
}

type ResolvePorts = Pick<Ports, 'accounts' | 'executions' | 'artifacts' | 'pipelines' | 'signer' | 'publicUrl'>;

/** Puts references and variables in, and says which one digest the step wants. A deploy step's image must have its digest. */
export async function resolveStep(
  ports: ResolvePorts,
  run: Run,
  placed: PlacedStep,
): Promise<ResolvedStep | ({ readonly kind: 'failed' } & FaultRecord)> {
  const scope = await loadScope(ports, run, placed.stage);
  const callback = await callbackUrl(ports, run, placed);
  const variables = { ...scope.variables, ...(callback === undefined ? {} : { CALLBACK_URL: callback }) };
  const location = targetLocation(placed.step.with);
  const resolved = resolveJson(placed.step.with, stepScope({ ...scope, variables, location }));
  if (resolved.kind === 'failed') return resolved;
  const inputs = isJsonObject(resolved.value) ? resolved.value : {};
  const deploys = findStepKind(placed.step.kind)?.deploys ?? false;
  const undigested = findUndigested(placed, inputs);
  if (undigested !== undefined) {
    return {
      kind: 'failed',
      code: 'digestRequired',
      message: `${placed.node} was given ${undigested}; an image needs its full digest.`,
    };
  }
  return withInternalAddress(
    ports,
    { run, placed },
    {
      kind: 'resolved',
      with: inputs,
      artifacts: await givenArtifacts(ports, run, { placed, referred: resolved.artifacts }),
      deploys,
      ...(wantedFile(placed, inputs, resolved.artifacts) ??
        wantedImage(givenImages(placed, inputs, resolved.artifacts))),
    },
  );
}

/** What of it the step's entry says. */
export function wantedOf({ wanted, repository }: ResolvedStep): Pick<LedgerNode, 'wanted' | 'repository'> {
  return wanted === undefined ? {} : { wanted, repository };
}

/** A step that began with its stage has no entry that says what it wants; one that cannot be said keeps nothing from ending. */
export async function withWanted(
  ports: ResolvePorts,
  run: Run,
  at: { readonly placed: PlacedStep; readonly node: LedgerNode },
): Promise<LedgerNode> {
  const { node } = at;
  if (node.status !== 'running' || node.rev > 0) return node;
  try {
    const resolved = await resolveStep(ports, run, at.placed);
    return resolved.kind === 'failed' ? node : { ...node, ...wantedOf(resolved) };
  } catch {
    return node;
  }
}

/** `wanted` = the one image that the inputs refer to (ruling 21); several different ones are none. */
function wantedImage(images: readonly StageImage[]): Pick<ResolvedStep, 'images' | 'wanted' | 'repository'> {
  const first = images[0];
  if (first === undefined || images.some((one) => one.digest !== first.digest)) return { images };
  return { images, wanted: first.digest, repository: first.name };
}

/** A kind with an input for a file wants that file's bytes, where their sum is known; no gate is asked about files. */
function wantedFile(
  placed: PlacedStep,
  inputs: JsonObject,
  artifacts: readonly Artifact[],
): Pick<ResolvedStep, 'images' | 'wanted' | 'repository'> | undefined {
  const input = findStepKind(placed.step.kind)?.fileInput;
  if (input === undefined) return undefined;
  const text = inputs[input];
  if (typeof text !== 'string') return undefined;
  const file = findFile(artifacts, text);
  const digest = file === undefined ? undefined : fileDigest(file);
  return { images: [], ...(digest === undefined ? {} : { wanted: digest, repository: file?.name }) };
}

/** A kind with inputs for images takes them there; what other inputs mention (a path with a digest in it) is text. */
function givenImages(placed: PlacedStep, inputs: JsonObject, artifacts: readonly Artifact[]): readonly StageImage[] {
  const kind = findStepKind(placed.step.kind);
  if (kind !== undefined && kind.imageInputs.length > 0) return literalImages(placed, inputs);
  return artifacts.flatMap((one) => imageOf(one));
}

function findUndigested(placed: PlacedStep, inputs: JsonObject): string | undefined {
  for (const input of findStepKind(placed.step.kind)?.imageInputs ?? []) {
    const text = inputs[input];
    if (typeof text !== 'string') continue;
    if (parseReference(text)?.digest === undefined) return text;
  }
  return undefined;
}

/** Ruling 21: derived from the idempotency key, so that every send of the step carries the same one. */
async function callbackUrl(ports: ResolvePorts, run: Run, placed: PlacedStep): Promise<string | undefined> {
  if (placed.step.kind !== 'webhook' || placed.step.with.wait === undefined) return undefined;
  const token = await ports.signer.mac(idempotencyKey(run.execution.id, placed.node, run.execution.attempt));
  return `${ports.publicUrl}/v1/callbacks/${token}`;
}
