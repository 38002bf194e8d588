import { hash } from 'node:crypto';
import { z } from 'zod';
import { normaliseArtifact } from '../domain/artifact-identity.ts';
import type { DeliveredEvent } from '../domain/delivery.ts';
import { parseDigest } from '../domain/digest.ts';
import { pushEvents } from '../domain/image-push.ts';
import type { JsonObject } from '../domain/json.ts';
import type { NamedReport } from '../domain/named-report.ts';
import { isRepository } from '../domain/reference.ts';
import { reportFormats } from '../domain/reports/report.ts';
import { parseTime, readJson } from './read-json.ts';
import type { Parsed, ReceiverType } from './receiver-type.ts';
import { verifyStandardWebhook, webhookSecretFault } from './standard-webhooks.ts';

const word = z.string().min(1).max(256);
const time = z.string().refine((text) => parseTime(text) !== undefined, 'must be RFC 3339 with a zone');
const digest = z.string().transform((text, context) => {
  const parsed = parseDigest(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: 'must be sha256: and 64 lower-case hex digits' });
  return z.NEVER;
});
const repository = z
  .string()
  .refine(isRepository, 'must be an OCI repository with its host, like registry.example.com/team/shop');
/** It came out of JSON.parse: asking of every value in it whether it is JSON would cost more than all the rest. */
const artifact = z.unknown().transform((input, context) => {
  const normal = isObject(input) ? normaliseArtifact(input, sha1) : noArtifact;
  if (normal.kind === 'ok') return normal.artifact;
  for (const { path, message } of normal.errors)
    context.addIssue({ code: 'custom', message, path: path ? path.split('.') : [] });
  return z.NEVER;
});
const noArtifact = { kind: 'invalid', errors: [{ path: '', message: 'must be an artifact' }] } as const;
const severity = z.union([z.int().min(0), z.object({ total: z.int().min(0), fixable: z.int().min(0).optional() })]);

const Build = z.object({
  pipeline: word,
  build: z.union([word, z.int().min(0).transform(String)]),
  branch: word.optional(),
  revision: word.optional(),
  startedAt: time.optional(),
  finishedAt: time.optional(),
  provenance: z.string().max(2048).optional(),
  artifacts: z
    .array(
      z.object({
        stage: word.default('build'),
        job: word.default('main'),
        step: word.default('build'),
        name: word.optional(),
        artifact,
      }),
    )
    .max(500)
    .default([]),
  reports: z
    .array(
      z.object({
        name: word,
        format: z.enum(reportFormats),
        content: z.string().min(1),
        outcome: z.enum(['passed', 'failed']).optional(),
        coverage: z.number().min(0).max(100).optional(),
      }),
    )
    .max(20)
    .optional(),
});
const Pushed = z.object({ artifact });
const Scanned = z.object({
  digest,
  repository,
  status: z.enum(['complete', 'failed']),
  severities: z.record(word.toLowerCase(), severity).optional(),
  scanner: word.optional(),
});
const Tested = z.object({
  digest,
  repository,
  name: word,
  outcome: z.enum(['passed', 'failed']),
  coverage: z.number().min(0).max(100).optional(),
  report: z.object({ format: z.enum(reportFormats), content: z.string().min(1) }).optional(),
});

/** `timestamp` is Standard Webhooks' suggestion; the header's changes with each attempt and is not the event's. */
const Body = z.object({ type: z.string().max(128), timestamp: z.string().max(64).optional(), data: z.unknown() });

/** Our own events (contract 5), signed as Standard Webhooks: for build systems and scanners that can run curl. */
export const waybill: ReceiverType = {
  type: 'waybill',
  bodyTypes: ['application/json'],
  proof: 'own',
  secretFault: webhookSecretFault,
  verify: (raw, { secrets, now }) => verifyStandardWebhook(raw, secrets, now),
  parse(delivery) {
    const read = readJson(delivery.body, Body);
    if (read.kind === 'malformed') return read;
    const parsed = parseData(read.value.type, read.value.data, parseTime(read.value.timestamp));
    return parsed.kind === 'events' && delivery.senderId !== undefined ? { ...parsed, key: delivery.senderId } : parsed;
  },
};

function parseData(type: string, data: unknown, at: number | undefined): Parsed {
  switch (type) {
    case 'build.succeeded':
      return read(Build, data, (build) => [buildEvent(build, 'succeeded', at)]);
    case 'build.failed':
      return read(Build, data, (build) => [buildEvent(build, 'failed', at)]);
    case 'artifact.pushed':
      return read(Pushed, data, (pushed) => pushEvents(pushed.artifact, { at }));
    case 'artifact.scanned':
      return read(Scanned, data, (scan) => [scanEvent(scan, at)]);
    case 'artifact.tested':
      return read(Tested, data, ({ report, ...test }) => [
        { kind: 'test', at, ...test, ...(report === undefined ? {} : { given: report }) },
      ]);
    default:
      return { kind: 'events', events: [] };
  }
}

function read<T>(shape: z.ZodType<T>, data: unknown, events: (value: T) => readonly DeliveredEvent[]): Parsed {
  const checked = shape.safeParse(data);
  if (checked.success) return { kind: 'events', events: events(checked.data) };
  const faults = checked.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${['data', ...path].join('.')}: ${message}`);
  return { kind: 'malformed', message: `The body does not fit: ${faults.join('; ')}.` };
}

function buildEvent(
  build: z.infer<typeof Build>,
  outcome: 'succeeded' | 'failed',
  at: number | undefined,
): DeliveredEvent {
  const { startedAt, finishedAt, artifacts, reports, ...rest } = build;
  const finished = parseTime(finishedAt);
  return {
    kind: 'build',
    at: finished ?? at,
    outcome,
    ...rest,
    startedAt: parseTime(startedAt),
    finishedAt: finished,
    artifacts,
    ...(reports === undefined ? {} : { reports: reports.map(namedReport) }),
  };
}

function namedReport({ content, ...report }: NonNullable<z.infer<typeof Build>['reports']>[number]): NamedReport {
  return { ...report, from: { kind: 'content', content } };
}

/** A scan that completed and names no severities says nothing; one that found nothing names them as {}. */
function scanEvent(scan: z.infer<typeof Scanned>, at: number | undefined): DeliveredEvent {
  const { severities, ...rest } = scan;
  const isMute = severities === undefined && rest.status === 'complete';
  return { kind: 'scan', at, ...rest, severities: severities ?? {}, ...(isMute ? { uncounted: true } : {}) };
}

function sha1(bytes: Uint8Array): Uint8Array {
  return Buffer.from(hash('sha1', bytes, 'hex'), 'hex');
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
