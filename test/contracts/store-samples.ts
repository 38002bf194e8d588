import type { Account } from '../../shared/domain/account.ts';
import type { Approval } from '../../shared/domain/approval.ts';
import type { Artifact, RecordedArtifact } from '../../shared/domain/artifact.ts';
import type { Build } from '../../shared/domain/build.ts';
import type { Delivery, Match } from '../../shared/domain/delivery.ts';
import { type Digest, isDigest } from '../../shared/domain/digest.ts';
import type { Arrival, Head, VerifiedDeployment } from '../../shared/domain/environment.ts';
import type { Claim, Execution, LedgerNode } from '../../shared/domain/execution.ts';
import type { Fact } from '../../shared/domain/fact.ts';
import type { Page, PageRequest } from '../../shared/domain/page.ts';
import type { PipelineHead, PipelineVersion, Subscription } from '../../shared/domain/pipeline.ts';
import type { Receiver } from '../../shared/domain/receiver.ts';
import type { ApiToken } from '../../shared/domain/token.ts';

export const sampleTime = Date.UTC(2026, 10, 20, 10, 15);

/** `sha256:` and the one hex digit 64 times. */
export function sampleDigest(hexDigit: string): Digest {
  const text = `sha256:${hexDigit.repeat(64)}`;
  if (!isDigest(text)) throw new Error(`${hexDigit} is not one hex digit`);
  return text;
}

export function sampleImage(digest: Digest, name = 'registry.local/team/shop'): Artifact {
  return {
    type: 'docker/image',
    name,
    version: digest,
    reference: `${name}@${digest}`,
    metadata: {},
    uuid: `uuid-${name}-${digest.slice(-6)}`,
  };
}

export function sampleClaim(change: Partial<Claim> = {}): Claim {
  return {
    key: 'a'.repeat(64),
    pipeline: 'shop',
    pipelineVersion: '0123456789ab',
    executionId: 'shop-20261120T101500Z-1',
    order: '000001763633700-aaaaaaaa',
    trigger: { type: 'push', artifacts: [] },
    parameters: {},
    bound: [],
    claimedAt: sampleTime,
    ...change,
  };
}

export function sampleExecution(change: Partial<Execution> = {}): Execution {
  const id = change.id ?? 'shop-20261120T101500Z-1';
  return {
    id,
    pipeline: 'shop',
    pipelineVersion: '0123456789ab',
    attempt: 1,
    machine: id,
    status: 'queued',
    trigger: { type: 'push', artifacts: [] },
    order: '000001763633700-aaaaaaaa',
    parameters: {},
    bound: [],
    buildNumber: 1,
    createdAt: sampleTime,
    rev: 0,
    ...change,
  };
}

export function sampleNode(change: Partial<LedgerNode> = {}): LedgerNode {
  return { execution: 'shop-1', name: 'prod', attempt: 1, status: 'running', rev: 0, ...change };
}

export function sampleApproval(change: Partial<Approval> = {}): Approval {
  return {
    id: 'approval-1',
    executionId: 'shop-1',
    pipeline: 'shop',
    stage: 'prod',
    attempt: 1,
    gate: 0,
    artifacts: [],
    requestedAt: sampleTime,
    expiresAt: sampleTime + 3_600_000,
    groups: ['ops'],
    count: 1,
    forbidSelf: false,
    self: [],
    status: 'pending',
    decisions: [],
    rev: 0,
    ...change,
  };
}

export function sampleDelivery(change: Partial<Delivery> = {}): Delivery {
  return {
    id: 'delivery-1',
    receiver: 'registry',
    receivedAt: sampleTime,
    signed: true,
    status: 'pending',
    events: [{ kind: 'push', repository: 'registry.local/team/shop', tag: '1.0', digest: sampleDigest('a') }],
    refusals: [],
    attempts: 0,
    rev: 0,
    ...change,
  };
}

export function sampleMatch(change: Partial<Match> = {}): Match {
  return {
    event: 0,
    pipeline: 'shop',
    source: 'image',
    matched: true,
    reason: 'matched',
    message: 'The tag is admitted.',
    status: 'done',
    attempts: 1,
    rev: 0,
    ...change,
  };
}

export function sampleRecorded(digest: Digest, change: Partial<RecordedArtifact> = {}): RecordedArtifact {
  const artifact = sampleImage(digest);
  return { artifact, repository: artifact.name, digest, firstSeenAt: sampleTime, rev: 0, ...change };
}

export function sampleFact(change: { readonly id?: string; readonly at?: number; readonly tag?: string } = {}): Fact {
  return {
    kind: 'pushed',
    id: 'fact-1',
    tag: '1.0',
    at: sampleTime,
    recordedAt: sampleTime,
    receiver: 'registry',
    trusted: true,
    ...change,
  };
}

export function sampleBuild(change: Partial<Build> = {}): Build {
  return {
    pipeline: 'upstream',
    build: '1',
    outcome: 'succeeded',
    at: sampleTime,
    receiver: 'ci',
    trusted: true,
    artifacts: [],
    ...change,
  };
}

export function samplePipelineHead(change: Partial<PipelineHead> = {}): PipelineHead {
  return {
    name: 'shop',
    version: '0123456789ab',
    owners: ['team'],
    updatedAt: sampleTime,
    updatedBy: 'alice',
    deleted: false,
    rev: 0,
    ...change,
  };
}

export function samplePipelineVersion(change: Partial<PipelineVersion> = {}): PipelineVersion {
  return {
    name: 'shop',
    version: '0123456789ab',
    file: { name: 'shop' },
    definition: {
      name: 'shop',
      concurrency: 'queue',
      owners: ['team'],
      parameters: {},
      sources: {},
      expectedArtifacts: [],
      triggers: [],
      stages: [],
    },
    createdAt: sampleTime,
    createdBy: 'alice',
    ...change,
  };
}

export function sampleSubscription(change: Partial<Subscription> = {}): Subscription {
  return {
    key: 'repository:registry.local/team/shop',
    pipeline: 'shop',
    version: '0123456789ab',
    source: 'image',
    rule: { type: 'registry', repository: 'registry.local/team/shop', on: ['push'], order: 'pushed' },
    ...change,
  };
}

export function sampleHead(change: Partial<Head> = {}): Head {
  return {
    environment: 'prod',
    pipeline: 'shop',
    stage: 'prod',
    job: 'main',
    step: 'deploy',
    repository: 'registry.local/team/shop',
    digest: sampleDigest('a'),
    order: '000001763633700-aaaaaaaa',
    executionId: 'shop-1',
    since: sampleTime,
    ...change,
  };
}

export function sampleVerified(change: Partial<VerifiedDeployment> = {}): VerifiedDeployment {
  return {
    environment: 'pre',
    pipeline: 'shop',
    owners: ['team'],
    repository: 'registry.local/team/shop',
    digest: sampleDigest('a'),
    revision: 'c0ffee',
    executionId: 'shop-1',
    node: 'pre/main/deploy',
    at: sampleTime,
    ...change,
  };
}

export function sampleArrival(change: Partial<Arrival> = {}): Arrival {
  return {
    environment: 'prod',
    pipeline: 'shop',
    order: '000001763633700-aaaaaaaa',
    executionId: 'shop-1',
    attempt: 1,
    stage: 'prod',
    ready: false,
    ...change,
  };
}

export function sampleReceiver(change: Partial<Receiver> = {}): Receiver {
  return {
    name: 'registry',
    type: 'distribution',
    hookId: 'f'.repeat(32),
    repositories: ['registry.local/**'],
    allowUnsigned: false,
    settings: {},
    createdAt: sampleTime,
    refusedProofs: 0,
    failures: 0,
    rev: 0,
    ...change,
  };
}

export function sampleAccount(change: Partial<Account> = {}): Account {
  return {
    name: 'hub',
    type: 'registry',
    host: 'docker.io',
    insecure: false,
    updatedAt: sampleTime,
    rev: 0,
    ...change,
  };
}

export function sampleToken(change: Partial<ApiToken> = {}): ApiToken {
  return { id: 'token-1', subject: 'ci', groups: ['team'], createdAt: sampleTime, createdBy: 'admin', ...change };
}

/** Every page of a list, followed by its cursors. */
export async function everyPage<T>(
  list: (page: PageRequest) => Promise<Page<T>>,
  limit: number,
): Promise<readonly (readonly T[])[]> {
  const pages: (readonly T[])[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ limit, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return pages;
}
