import type { Artifact } from '../domain/artifact.ts';
import { artifactUuid } from '../domain/artifact-identity.ts';
import type { BoundArtifact } from '../domain/execution.ts';
import type { ExpectedArtifact } from '../domain/expected-artifact.ts';
import { Failure } from '../domain/failure.ts';
import {
  distinct,
  type Expectation,
  type ResolutionResult,
  type ResolveRequest,
  resolveArtifacts,
} from '../domain/resolve-artifacts.ts';
import { areTwins } from '../domain/select-by-location.ts';
import { type Demanded, takingPart } from '../domain/taking-part.ts';
import type { Ports } from '../ports/ports.ts';
import { registryRefusal } from './intake/registry-refusal.ts';
import type { VerifyPorts } from './intake/verify-image.ts';
import { type PinnedArtifact, pinArtifact } from './pin-artifact.ts';
import { priorArtifacts } from './prior-artifacts.ts';

export type ExpectationPorts = VerifyPorts & Pick<Ports, 'executions'>;

export interface ExpectationsToBind {
  readonly pipeline: string;
  readonly expected: readonly ExpectedArtifact[];
  readonly received: readonly Artifact[];
  readonly demanded: Demanded;
  /** The run itself where it is bound anew: it is not what came before it. */
  readonly rebinding?: string;
}

/** `received` with each artifact that was bound as it was bound: an image has its digest. */
export type ExpectationBinding =
  | { readonly kind: 'bound'; readonly bound: readonly BoundArtifact[]; readonly received: readonly Artifact[] }
  | { readonly kind: 'failed'; readonly source: string; readonly code: string; readonly message: string };

type Defaulted = Expectation<Artifact> & Pick<ExpectedArtifact, 'displayName'>;

/** Binds the expectations that take part in a start, all or none. Throws the registry's failure when asking again may help. */
export async function bindExpectations(
  ports: ExpectationPorts,
  request: ExpectationsToBind,
): Promise<ExpectationBinding> {
  const { pipeline, rebinding } = request;
  const received = distinct(request.received);
  const expected = takingPart(request.expected, request.demanded, received);
  if (expected.length === 0) return { kind: 'bound', bound: [], received };
  const resolution = { expected, received, requireUniqueMatches: true, areTwins };
  const first = await bindResolved(ports, resolution);
  if (first.kind !== 'priorNeeded') return first;
  const second = await bindResolved(ports, {
    ...resolution,
    prior: await priorArtifacts(ports, pipeline, rebinding),
  });
  if (second.kind === 'priorNeeded') throw new Failure('internal', 'What is prior was looked up and asked for again.');
  return second;
}

export interface ExpectationsToResolve extends Omit<ResolveRequest<Artifact, Defaulted>, 'expected'> {
  readonly expected: readonly ExpectedArtifact[];
}

/** Resolves expectations, and pins the images among what they are bound to. `priorNeeded` only where no prior is given. */
export async function bindResolved(
  ports: VerifyPorts,
  { expected, ...request }: ExpectationsToResolve,
): Promise<ExpectationBinding | { readonly kind: 'priorNeeded' }> {
  const result = resolveArtifacts({ ...request, expected: expected.map((one) => withDefault(ports, one)) });
  if (result.kind === 'failed') return { ...result, source: result.id };
  return result.kind === 'priorNeeded' ? result : pinAll(ports, result.resolved, request.received);
}

/** The file holds no uuid: it takes a hash. */
function withDefault(
  { sha1 }: Pick<Ports, 'sha1'>,
  { defaultArtifact: written, ...expectation }: ExpectedArtifact,
): Defaulted {
  if (written === undefined) return expectation;
  const uuid = artifactUuid(written.type, written.name, written.version, sha1);
  return { ...expectation, defaultArtifact: { ...written, uuid } };
}

type Resolved = Extract<ResolutionResult<Artifact, Defaulted>, { kind: 'resolved' }>['resolved'];

async function pinAll(
  ports: VerifyPorts,
  resolved: Resolved,
  received: readonly Artifact[],
): Promise<ExpectationBinding> {
  const pins = new Map<Artifact, PinnedArtifact>();
  const asBound = new Map<Artifact, Artifact>();
  const bound: BoundArtifact[] = [];
  for (const { expectation, artifact, elsewhere, from } of resolved) {
    const { id, displayName } = expectation;
    try {
      const pinned = pins.get(artifact) ?? (await pinArtifact(ports, artifact));
      pins.set(artifact, pinned);
      const one = withAccount(pinned.artifact, expectation);
      if (!asBound.has(artifact)) asBound.set(artifact, one);
      const twins = elsewhere?.map((twin) => withAccount(twin, expectation));
      bound.push({ id, displayName, from, tag: pinned.tag, artifact: one, ...(twins && { elsewhere: twins }) });
    } catch (error) {
      const refusal = registryRefusal(error);
      if (refusal === undefined) throw error;
      return { kind: 'failed', source: id, code: refusal.code, message: `Expected artifact ${id}: ${refusal.message}` };
    }
  }
  return { kind: 'bound', bound, received: received.map((one) => asBound.get(one) ?? one) };
}

/** Without an account of its own it gets the expectation's. */
function withAccount(artifact: Artifact, { matchArtifact }: Defaulted): Artifact {
  const account = matchArtifact.artifactAccount ?? '';
  if (account === '' || (artifact.artifactAccount ?? '') !== '') return artifact;
  return { ...artifact, artifactAccount: account };
}
