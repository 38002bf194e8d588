import type { Artifact } from '../domain/artifact.ts';
import type { Build } from '../domain/build.ts';
import type { Digest } from '../domain/digest.ts';
import type { BoundArtifact } from '../domain/execution.ts';
import type { PipelineDefinition, Source } from '../domain/pipeline.ts';
import { bindBuild, pickBuild } from './intake/pick-build.ts';
import { pickFile } from './intake/pick-file.ts';
import { pickImage } from './intake/pick-image.ts';
import type { Picked, Selection } from './intake/picked.ts';
import { taggedImage } from './intake/record-image.ts';
import { registryRefusal } from './intake/registry-refusal.ts';
import { type VerifyPorts, verifyImage } from './intake/verify-image.ts';
import { mayFollow } from './pipeline-rights.ts';

/** What an event brought for a source; images are verified already. */
export type Received =
  | {
      readonly kind: 'image';
      readonly artifact: Artifact;
      readonly digest: Digest;
      readonly tag?: string;
      readonly revision?: string;
    }
  | { readonly kind: 'build'; readonly build: Build }
  | { readonly kind: 'file'; readonly artifact: Artifact };

export interface BindRequest {
  readonly sources: PipelineDefinition['sources'];
  /** Of the pipeline: what others posted does not count for it. */
  readonly owners: readonly string[];
  readonly received?: Readonly<Record<string, Received>>;
  readonly select?: Readonly<Record<string, Selection>>;
}

/** `source` names the one that could not be bound. */
export type SourceBinding =
  | { readonly kind: 'bound'; readonly bound: readonly BoundArtifact[] }
  | { readonly kind: 'failed'; readonly source: string; readonly code: string; readonly message: string };

type OneBinding =
  | { readonly kind: 'bound'; readonly bound: BoundArtifact }
  | Extract<SourceBinding, { kind: 'failed' }>;

/**
 * Binds every source: to what was selected, else to what was received, else as a manual run does. Every bound image has its
 * full digest and its manifest's bytes were hashed. Throws the registry's failure when asking again may help.
 */
export async function bindSources(ports: VerifyPorts, request: BindRequest): Promise<SourceBinding> {
  const bound: BoundArtifact[] = [];
  for (const [id, source] of Object.entries(request.sources)) {
    const selected = own(request.select, id);
    // What is selected by name goes before what merely fits.
    const received = selected === undefined ? own(request.received, id) : undefined;
    const one = await bindOne(ports, id, { source, owners: request.owners, received, selected });
    if (one.kind === 'failed') return one;
    bound.push(one.bound);
  }
  return { kind: 'bound', bound };
}

interface OneSource {
  readonly source: Source;
  readonly owners: readonly string[];
  readonly received: Received | undefined;
  readonly selected: Selection | undefined;
}

async function bindOne(ports: VerifyPorts, id: string, one: OneSource): Promise<OneBinding> {
  try {
    const { received, source } = one;
    if (source.type === 'pipeline' && !(await mayFollow(ports, ports.asker?.pipelines[0], source.pipeline))) {
      return { kind: 'failed', source: id, code: 'noVersion', message: notFollowed(source.pipeline) };
    }
    if (received?.kind === 'image') {
      return { kind: 'bound', bound: { id, artifact: received.artifact, tag: received.tag, from: 'received' } };
    }
    const picked = received ?? (await pick(ports, one));
    if (picked.kind === 'refused') return { ...picked, kind: 'failed', source: id };
    const from = received !== undefined || one.selected !== undefined ? 'received' : 'default';
    return { kind: 'bound', bound: { id, from, ...(await bindPicked(ports, picked)) } };
  } catch (error) {
    const refusal = registryRefusal(error);
    if (refusal === undefined) throw error;
    return { kind: 'failed', source: id, code: refusal.code, message: `Source ${id}: ${refusal.message}` };
  }
}

function notFollowed(upstream: string): string {
  return `There is no build of ${upstream} that this pipeline may take: they need a reader in common, for whom one of them put this pipeline.`;
}

function pick(ports: VerifyPorts, { source, owners, selected }: OneSource): Promise<Picked> {
  switch (source.type) {
    case 'registry':
      return pickImage(ports, source, selected);
    case 'pipeline':
      return pickBuild(ports, source, selected);
    case 'artifact':
      return pickFile(ports, { source, owners }, selected);
  }
}

async function bindPicked(
  ports: VerifyPorts,
  picked: Exclude<Picked, { kind: 'refused' }>,
): Promise<Pick<BoundArtifact, 'artifact' | 'tag' | 'build'>> {
  if (picked.kind === 'build') return bindBuild(ports, picked.build);
  if (picked.kind === 'file') return { artifact: picked.artifact, tag: picked.artifact.version };
  const image = await verifyImage(ports, picked);
  return { artifact: taggedImage(ports, image, picked.tag), tag: picked.tag };
}

/** Ids come from files and bodies: `constructor` is one that nobody sent. */
function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;
}
