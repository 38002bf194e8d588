import type { Artifact } from '../../domain/artifact.ts';
import { artifactDigest, artifactRepository, imageArtifact } from '../../domain/artifact-identity.ts';
import type { PublishedArtifact } from '../../domain/execution.ts';
import type { FaultRecord } from '../../domain/failure.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { PlacedStep } from '../../domain/ledger.ts';
import { imageReference, splitRepository } from '../../domain/reference.ts';
import { imageOf, type StageImage } from '../../domain/stage-images.ts';
import { findStepKind } from '../../domain/step-kinds.ts';
import type { Ports } from '../../ports/ports.ts';
import { findRegistryAccount } from '../registry-accounts.ts';
import type { Run } from './load-run.ts';
import type { ResolvedStep } from './resolve-step.ts';

/** By the host that records name: the host that the target pulls from. */
export type InternalHosts = ReadonlyMap<string, string>;

type AddressPorts = Pick<Ports, 'accounts' | 'pipelines'>;

/**
 * The step with the internal host in front of the same `path@digest`. What is recorded, asked of gates and proved keeps the
 * name that everybody knows: only what the target is handed changes. A kind that pulls in this process is told so instead.
 */
export async function withInternalAddress(
  ports: AddressPorts,
  { run, placed }: { readonly run: Run; readonly placed: PlacedStep },
  resolved: ResolvedStep,
): Promise<ResolvedStep | ({ readonly kind: 'failed' } & FaultRecord)> {
  const kind = findStepKind(placed.step.kind);
  // Another pipeline says for itself how its targets pull.
  if (!placed.step.useInternalAddress || kind?.kind === 'pipeline') return resolved;
  const images = [...resolved.images, ...resolved.artifacts.flatMap((one) => imageOf(one))];
  const hosts = new Map<string, string>();
  for (const host of new Set(images.map((image) => splitRepository(image.name).host))) {
    const found = await findRegistryAccount(ports, host, { pipelines: [run.execution.pipeline] });
    const internal = found?.account?.internalHost;
    if (internal === undefined) {
      const message = `${placed.node} uses the internal address, and no account for ${host} that it may use names an internalHost.`;
      return { kind: 'failed', code: 'internalAddressUnknown', message };
    }
    hosts.set(host, internal);
  }
  if (kind?.pullsHere === true) return { ...resolved, internal: true };
  return {
    ...resolved,
    with: rewritten(resolved.with, images, hosts),
    handed: resolved.artifacts.map((one) => handedArtifact(one, hosts)),
    internalHosts: hosts,
  };
}

function rewritten(given: JsonObject, images: readonly StageImage[], hosts: InternalHosts): JsonObject {
  const pairs = images.map(({ name, digest }) => ({
    from: imageReference(name, digest),
    to: imageReference(internalName(name, hosts), digest),
  }));
  return mapObject(given, (text) => pairs.reduce(replaceWhole, text));
}

function mapObject(given: JsonObject, change: (text: string) => string): JsonObject {
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, mapTexts(value, change)]));
}

function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null) return value;
  return isList(value) ? value.map((one) => mapTexts(one, change)) : mapObject(value, change);
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}

/** Not where it is the end of a longer name, as `shop` is of `team/shop`. */
function replaceWhole(text: string, { from, to }: { readonly from: string; readonly to: string }): string {
  let result = '';
  let at = 0;
  for (let found = text.indexOf(from); found !== -1; found = text.indexOf(from, at)) {
    const before = found === 0 ? '' : text.charAt(found - 1);
    result += text.slice(at, found) + (/[A-Za-z0-9._:/-]/.test(before) && !isScheme(text, found) ? from : to);
    at = found + from.length;
  }
  return result + text.slice(at);
}

/** `docker://registry…` and the like. */
function isScheme(text: string, at: number): boolean {
  return text.slice(Math.max(0, at - 3), at) === '://';
}

function handedArtifact(artifact: Artifact, hosts: InternalHosts): Artifact {
  const [name, digest] = [artifactRepository(artifact), artifactDigest(artifact)];
  if (name === undefined || digest === undefined) return artifact;
  return { ...artifact, reference: imageReference(internalName(name, hosts), digest) };
}

function internalName(name: string, hosts: InternalHosts): string {
  const { host, path } = splitRepository(name);
  return `${hosts.get(host) ?? host}/${path}`;
}

/** What a target names by its internal host is the same repository: it is published under the name that everybody knows. */
export function withPublicNames(
  ports: Pick<Ports, 'sha1'>,
  hosts: InternalHosts | undefined,
  published: readonly PublishedArtifact[],
): readonly PublishedArtifact[] {
  if (hosts === undefined) return published;
  const names = new Map([...hosts].map(([known, internal]) => [internal, known]));
  return published.map((one) => ({ ...one, artifact: publicArtifact(ports, names, one.artifact) }));
}

function publicArtifact(ports: Pick<Ports, 'sha1'>, names: ReadonlyMap<string, string>, artifact: Artifact): Artifact {
  const [name, digest] = [artifactRepository(artifact), artifactDigest(artifact)];
  if (name === undefined || digest === undefined) return artifact;
  const { host, path } = splitRepository(name);
  const known = names.get(host);
  if (known === undefined) return artifact;
  const repository = `${known}/${path}`;
  const { uuid } = imageArtifact({ repository, digest }, ports.sha1);
  return { ...artifact, name: repository, reference: imageReference(repository, digest), uuid };
}
