import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.ts';
import { type Digest, isDigest } from './digest.ts';
import { buildStatement, chainEvidence, type DeployedImage, payloadType, preAuthenticationHeader } from './proof.ts';
import { rfc3339 } from './times.ts';

const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');

function digest(letter: string): Digest {
  const text = `sha256:${letter.repeat(64)}`;
  if (!isDigest(text)) throw new Error(text);
  return text;
}

const deployed: DeployedImage = {
  environment: 'prod',
  pipeline: 'shop',
  stage: 'prod',
  job: 'main',
  step: 'deploy',
  repository: 'r/shop',
  wanted: digest('a'),
  observed: digest('a'),
  at: '2026-11-20T10:15:00.000Z',
};

const input = {
  pipeline: 'shop',
  pipelineVersion: 'v1',
  definedBy: 'ann',
  executionId: 'e1',
  attempt: 1,
  trigger: { type: 'push' },
  evidence: [],
  time: rfc3339,
  sha256,
};

it('is nothing where nothing was deployed', () => {
  expect(buildStatement({ ...input, deployed: [] })).toBeUndefined();
});

it('names each deployed digest once, sorted, and each environment with what was wanted and observed', () => {
  const other = {
    ...deployed,
    environment: undefined,
    repository: 'r/app',
    wanted: digest('b'),
    observed: 'notObserved' as const,
  };
  const statement = buildStatement({ ...input, deployed: [deployed, { ...deployed, job: 'us' }, other] });
  expect(statement?.subject).toEqual([
    { name: 'r/app', digest: { sha256: 'b'.repeat(64) } },
    { name: 'r/shop', digest: { sha256: 'a'.repeat(64) } },
  ]);
  expect(statement).toMatchObject({
    predicate: {
      environments: [
        { name: 'prod', step: 'prod/main/deploy' },
        { name: 'prod', step: 'prod/us/deploy' },
      ],
    },
  });
});

it('chains evidence by time and name: each piece holds the hash of the one before', () => {
  const piece = (name: string, at: number) => ({ name, at, kind: 'gate', body: { gate: name } });
  const chain = chainEvidence([piece('b', 2), piece('c', 1), piece('a', 2)], rfc3339, sha256);
  expect(chain.map((entry) => [entry.seq, entry.gate])).toEqual([
    [1, 'c'],
    [2, 'a'],
    [3, 'b'],
  ]);
  expect(chain[0]?.previous).toBeNull();
  expect(chain[1]?.previous).toBe(sha256(canonicalJson(chain[0] ?? null)));
  expect(chain[2]?.previous).toBe(sha256(canonicalJson(chain[1] ?? null)));
});

it('is encoded for signing as DSSE says', () => {
  // https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
  expect(preAuthenticationHeader(11)).toBe(`DSSEv1 ${payloadType.length} application/vnd.in-toto+json 11 `);
});
