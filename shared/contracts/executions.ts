import { z } from 'zod';
import { artifact } from './artifacts.ts';
import { digestText, json, pageQuery, queryText, timestamp } from './common.ts';

export const executionStatus = z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled', 'superseded']);
const nodeStatus = z.enum(['notStarted', 'waiting', 'running', 'succeeded', 'failed', 'skipped', 'cancelled']);
const fault = z.object({ code: z.string(), message: z.string() });

const bound = z.object({
  id: z.string(),
  displayName: z.string().optional(),
  boundArtifact: artifact,
  elsewhere: z.array(artifact).optional().describe('The same in other Regions; a step takes the one of its own'),
  from: z.enum(['received', 'prior', 'default']),
});

const step = z.object({
  id: z.string(),
  step: z.string(),
  status: nodeStatus,
  wanted: digestText.optional(),
  observed: z.string().optional().describe('A digest, or notObserved where the kind cannot observe.'),
  artifacts: z.array(z.object({ name: z.string().optional(), artifact })).optional(),
  error: fault.optional(),
  startedAt: timestamp.optional(),
  endedAt: timestamp.optional(),
});

const gate = z.object({
  kind: z.string(),
  status: z.enum(['waiting', 'allowed', 'denied']),
  code: z.string().optional(),
  message: z.string().optional(),
  fix: z.string().optional(),
  approvalId: z.string().optional(),
  until: timestamp.optional(),
  at: timestamp,
});

const stage = z
  .object({
    id: z.string(),
    environment: z.string().optional(),
    status: nodeStatus,
    reason: z.string().optional().describe('What it waits for, or why it ended as it did.'),
    supersededBy: z.string().optional(),
    gates: z.array(gate),
    inputArtifacts: z.array(artifact),
    artifacts: z.array(artifact).describe('Published by its steps, then bound by its own expectations'),
    resolvedExpectedArtifacts: z.array(bound).describe('Of its own expectations'),
    jobs: z.array(z.object({ id: z.string(), status: nodeStatus, steps: z.array(step) })),
    startedAt: timestamp.optional(),
    endedAt: timestamp.optional(),
  })
  .meta({ id: 'ExecutionStage' });

const trigger = z.object({
  type: z.enum(['push', 'scan', 'build', 'artifact', 'webhook', 'docker', 'manual', 'pipeline']),
  receiver: z.string().optional(),
  deliveryId: z.string().optional(),
  user: z.string().optional(),
  parent: z
    .object({ executionId: z.string(), pipeline: z.string(), node: z.string().optional() })
    .optional()
    .describe('The run that started this one: by a step of it (node), else by its success'),
  repository: z.string().optional(),
  tag: z.string().optional(),
  payload: json.optional(),
  artifacts: z.array(artifact),
  expectedArtifacts: z.array(bound).describe('As resolvedExpectedArtifacts'),
  resolvedExpectedArtifacts: z.array(bound),
});

const head = {
  id: z.string(),
  pipeline: z.string(),
  pipelineVersion: z.string(),
  attempt: z.int(),
  buildNumber: z.int(),
  status: executionStatus,
  trigger,
  createdAt: timestamp,
  startedAt: timestamp.describe('Until the machine has started: when it was claimed.'),
  endedAt: timestamp.optional(),
  boundArtifacts: z.array(z.object({ id: z.string(), artifact })),
  resolvedExpectedArtifacts: z.array(bound),
  warnings: z
    .array(fault)
    .optional()
    .describe('`rebuilt`: the revision was observed in an environment that a gate asks about, as other bytes'),
  parameters: z.record(z.string(), z.string()),
  error: fault.optional(),
};

export const listedExecution = z.object(head).meta({ id: 'ListedExecution' });
export const execution = z.object({ ...head, stages: z.array(stage) }).meta({ id: 'Execution' });

export const executionQuery = z.object({
  ...pageQuery,
  pipeline: queryText.optional(),
  status: executionStatus.optional(),
  digest: digestText.optional(),
});

const startId = z.string().max(256);

/** Body of `POST /v1/pipelines/{name}/executions`. */
export const startInput = z
  .strictObject({
    artifacts: z.array(z.record(z.string(), json)).max(100).optional(),
    select: z
      .record(
        startId,
        z.union([
          z.strictObject({ tag: z.string().min(1).max(128) }),
          z.strictObject({ digest: digestText }),
          z.strictObject({ build: z.string().min(1).max(200) }),
          z.strictObject({ version: z.string().min(1).max(512) }),
        ]),
      )
      .optional()
      .describe(
        'By source or expected artifact: the tag, digest, build or (of files) version to take instead of the default',
      ),
    parameters: z.record(z.string().max(128), z.string().max(4096)).optional(),
    expectedArtifactIds: z
      .array(startId)
      .max(200)
      .optional()
      .describe('Expected artifacts that must be bound; without it those that one of `artifacts` matches'),
  })
  .meta({ id: 'StartInput' });

export const startedExecution = z.object({ executionId: z.string(), attempt: z.int().optional() });

export const publishedArtifact = z.object({
  stage: z.string(),
  job: z.string(),
  step: z.string(),
  name: z.string().optional(),
  artifact,
});
