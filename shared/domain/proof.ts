import { canonicalJson } from './canonical-json.ts';
import { type Digest, digestHex } from './digest.ts';
import type { Evidence } from './execution.ts';
import type { Json, JsonObject } from './json.ts';

/** in-toto Statement v1 in a DSSE envelope (contract 6). */
export const payloadType = 'application/vnd.in-toto+json';
export const statementType = 'https://in-toto.io/Statement/v1';
export const predicateType = 'https://waybill.dev/promotion/v1';

export interface DeployedImage {
  readonly environment?: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly job: string;
  readonly step: string;
  readonly repository: string;
  readonly wanted: Digest;
  readonly observed: Digest | 'notObserved';
  /** RFC 3339. */
  readonly at: string;
}

export interface ProofInput {
  readonly pipeline: string;
  readonly pipelineVersion: string;
  readonly definedBy: string;
  readonly executionId: string;
  readonly attempt: number;
  readonly trigger: JsonObject;
  readonly evidence: readonly Evidence[];
  readonly deployed: readonly DeployedImage[];
  /** Epoch ms -> RFC 3339: the domain has no calendar of its own. */
  readonly time: (at: number) => string;
  readonly sha256: (data: string) => string;
}

/** The statement, or undefined when nothing was deployed. The same input gives the same bytes. */
export function buildStatement(input: ProofInput): JsonObject | undefined {
  if (input.deployed.length === 0) return undefined;
  return {
    _type: statementType,
    subject: subjects(input.deployed),
    predicateType,
    predicate: {
      pipeline: input.pipeline,
      pipelineVersion: input.pipelineVersion,
      definedBy: input.definedBy,
      executionId: input.executionId,
      attempt: input.attempt,
      trigger: input.trigger,
      evidence: chainEvidence(input.evidence, input.time, input.sha256),
      environments: input.deployed.flatMap(environmentEntry),
    },
  };
}

function subjects(deployed: readonly DeployedImage[]): readonly JsonObject[] {
  const byKey = new Map(deployed.map((one) => [`${one.repository}@${one.wanted}`, one]));
  return [...byKey.keys()].sort().flatMap((key) => {
    const one = byKey.get(key);
    return one === undefined ? [] : [{ name: one.repository, digest: { sha256: digestHex(one.wanted) } }];
  });
}

/** A stage without an environment is a subject only (ruling 2). */
function environmentEntry(one: DeployedImage): readonly JsonObject[] {
  if (one.environment === undefined) return [];
  return [
    {
      name: one.environment,
      pipeline: one.pipeline,
      step: `${one.stage}/${one.job}/${one.step}`,
      wanted: one.wanted,
      observed: one.observed,
      at: one.at,
    },
  ];
}

/** Sorts by time, then name, numbers from 1 and chains. */
export function chainEvidence(
  evidence: readonly Evidence[],
  time: (at: number) => string,
  sha256: (data: string) => string,
): readonly JsonObject[] {
  const sorted = [...evidence].sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
  const entries = sorted.map((piece, index) => ({
    seq: index + 1,
    at: time(piece.at),
    kind: piece.kind,
    ...piece.body,
  }));
  return linkEntries(entries, sha256);
}

/**
 * `previous` is the sha256 of the piece before it in canonical JSON, null for the first: nobody can take a piece out without
 * the chain showing it. Stored proofs are put together by it: never to be changed.
 */
export function linkEntries(entries: readonly JsonObject[], sha256: (data: string) => string): readonly JsonObject[] {
  const linked: JsonObject[] = [];
  let previous: string | null = null;
  for (const entry of entries) {
    const next: JsonObject = { ...entry, previous };
    linked.push(next);
    previous = sha256(canonicalJson(next));
  }
  return linked;
}

/** DSSE v1 pre-authentication encoding of an ASCII type and a payload whose byte length is given. */
export function preAuthenticationHeader(payloadBytes: number): string {
  return `DSSEv1 ${payloadType.length} ${payloadType} ${payloadBytes} `;
}

export function proofEnvelope(payloadBase64: string, keyId: string, signatureBase64: string): Json {
  return { payload: payloadBase64, payloadType, signatures: [{ keyid: keyId, sig: signatureBase64 }] };
}
