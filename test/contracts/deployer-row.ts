import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Artifact } from '../../shared/domain/artifact.ts';
import { imageArtifact } from '../../shared/domain/artifact-identity.ts';
import { type Digest, parseDigest } from '../../shared/domain/digest.ts';
import { Failure } from '../../shared/domain/failure.ts';
import { fileDigest } from '../../shared/domain/file-digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../shared/domain/json.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../shared/ports/deployer.ts';
import { ociImage } from '../fixtures/oci-image.ts';
import type { TargetFault, TargetFront } from '../fixtures/target-front.ts';

/** `true`, or why there is nothing to try: the suite prints it. */
export type Applies = true | string;

/** What a kind of step must bring to be tried; one file each, `test/fixtures/deployers/<kind>.ts` with `export const row`. */
export interface DeployerRow {
  /** Why its target cannot be had on this machine. */
  readonly missing?: string | undefined;
  /** Deployed instead of `shopImage`. */
  readonly file?: Artifact;
  readonly observes: Applies;
  /** The target can be given another digest than the wanted one. */
  readonly mismatch: Applies;
  /** The target may never get there. */
  readonly timesOut: Applies;
  readonly cancels: Applies;
  /** How the target says that it is asked too often, and that the caller may not. */
  readonly throttled: TargetFault;
  readonly denied: TargetFault;
  readonly deniedCode: string;
  /** Inputs that name a target that is not there, and the code of it. */
  readonly absent: { readonly with: JsonObject; readonly code: string } | string;
  /** What the target is logged in to with. */
  readonly secrets: readonly string[];
  start(): Promise<DeployerTarget>;
  /** After all of them. */
  close?(): Promise<void>;
}

export interface DeployerTarget {
  readonly front: TargetFront;
  /** As in a pipeline file, with the source `thing`. */
  readonly with: JsonObject;
  /** Another one over the same target, as in another process. */
  create(): Deployer;
  /** What the target was told to deploy, each thing once as often as it was done. */
  deployments(): Promise<readonly string[]>;
  /** From now on the target does what it is told, and then has this digest. Default: the one that it was told. */
  reach(digest?: Digest): void | Promise<void>;
  /** How often the target was told to stop. */
  stops(): number;
  close(): Promise<void>;
}

export const shopImage = ociImage({ 'index.html': 'the shop' });
export const shopRepository = 'registry.local/team/shop';
export const otherDigest = digestOf('something else');

export function digestOf(text: string): Digest {
  const digest = parseDigest(`sha256:${createHash('sha256').update(text).digest('hex')}`);
  if (digest === undefined) throw new Error('sha256 makes digests');
  return digest;
}

const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest();
const shopArtifact = imageArtifact({ repository: shopRepository, digest: shopImage.digest, tag: 'shop-V1' }, sha1);

/** Undefined where the kind has none, which the suite holds against it. */
export async function findRow(kind: string): Promise<DeployerRow | undefined> {
  const file = new URL(`../fixtures/deployers/${kind}.ts`, import.meta.url);
  if (!existsSync(file)) return undefined;
  const module: { readonly row: DeployerRow } = await import(/* @vite-ignore */ file.href);
  return module.row;
}

/** What the flow would ask for. */
export function requestOf(row: DeployerRow, given: JsonObject): StepRequest {
  const artifact = row.file ?? shopArtifact;
  const wanted = row.file === undefined ? shopImage.digest : fileDigest(row.file);
  if (wanted === undefined) throw new Error('The row gives a file of unknown sum.');
  const resolved = withReference(given, artifact.reference);
  return {
    ...{ key: 'shop-1/prod/main/go/1', executionId: 'shop-1', pipeline: 'shop', stage: 'prod', job: 'main' },
    ...{ step: 'go', attempt: 1, polls: 0, startedAt: startedAt, artifacts: [artifact], wanted },
    with: isJsonObject(resolved) ? resolved : {},
  };
}

export const startedAt = Date.UTC(2026, 10, 20, 10, 15);

function withReference(value: Json, reference: string): Json {
  return JSON.parse(JSON.stringify(value).replaceAll('$[sources.thing]', reference));
}

export interface Driven {
  readonly answer: StepAnswer;
  /** Of calls that had to be made again. */
  readonly retried: readonly Failure[];
  readonly memory: JsonObject | undefined;
}

export interface Drive {
  /** The answer to the n-th call, from 1, is forgotten: the process died before the journal had it. */
  readonly forget?: number;
  readonly with?: JsonObject;
}

/** As many as the machine makes of one task. */
const mostRetries = 8;
const mostPolls = 30;

/** Asks as the flow does, each time in another process, until it is over; `still` = it would ask on. */
export async function drive(row: DeployerRow, target: DeployerTarget, how: Drive = {}): Promise<Driven> {
  const request = requestOf(row, how.with ?? target.with);
  const retried: Failure[] = [];
  let memory: JsonObject | undefined;
  for (let polls = 0, calls = 1; ; calls += 1) {
    const answer = await attempt(target, { ...request, polls, ...(memory === undefined ? {} : { memory }) });
    if (answer instanceof Failure) {
      if (!answer.retryable || retried.length === mostRetries) throw answer;
      retried.push(answer);
    } else if (calls !== how.forget) {
      if (answer.kind !== 'poll' || polls === mostPolls) return { answer, retried, memory };
      memory = JSON.parse(JSON.stringify(answer.memory));
      polls += 1;
    }
  }
}

async function attempt(target: DeployerTarget, request: StepRequest): Promise<StepAnswer | Failure> {
  try {
    return await target.create().run(request);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
