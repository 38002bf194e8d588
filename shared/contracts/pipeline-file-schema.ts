import { z } from 'zod';
import { imageType } from '../domain/artifact.ts';
import { operatorGroup } from '../domain/caller.ts';
import { parseDuration } from '../domain/duration.ts';
import { isArtifactName, isVariableName } from '../domain/expression.ts';
import { compilePattern } from '../domain/pattern.ts';
import { isTag } from '../domain/reference.ts';
import { isRepositoryPattern } from '../domain/repository-pattern.ts';
import { groupName, json, resourceName } from './common.ts';

/** The blocks of a pipeline file, each with unknown keys refused. Maps of stages, jobs, steps are read one by one. */

const day = 86_400_000;

/** Text such as `15m`, read as milliseconds. */
const duration = z
  .string({ error: 'A duration is text: a number and s, m, h or d, such as 90s, 15m, 2h or 7d.' })
  .transform((text, context) => {
    const milliseconds = parseDuration(text);
    if (milliseconds !== undefined) return milliseconds;
    context.addIssue({
      code: 'custom',
      message: 'A duration is a number and s, m, h or d, such as 90s, 15m, 2h or 7d.',
    });
    return z.NEVER;
  });
const positiveDuration = duration.refine((milliseconds) => milliseconds > 0, 'It must be longer than nothing.');

const pattern = z.string().superRefine((text, context) => {
  const compiled = compilePattern(text);
  if (compiled.kind === 'invalid')
    context.addIssue({ code: 'custom', message: `"${text.slice(0, 80)}": ${compiled.message}` });
});
const patterns = z.array(pattern).min(1, 'An empty list says nothing; leave the key out.').max(100);
const filter = z.strictObject({ include: patterns.optional(), exclude: patterns.optional() });

const names = z.array(z.string().min(1).max(256)).max(100);
const someGroups = z.array(groupName).min(1, 'Name at least one group.').max(100);
const when = z.enum(['success', 'failure', 'always']).default('success');
const map = z.record(z.string(), z.unknown());
const environment = resourceName;

/** In Spinnaker's form; read one by one. */
const block = z.array(z.unknown()).max(100).default([]);

const parameters = z
  .record(z.string(), z.string({ error: 'A parameter is text; put it in quotes.' }).max(4096))
  .superRefine((values, context) => {
    for (const key of Object.keys(values).filter((name) => !isVariableName(name))) {
      context.addIssue({
        code: 'custom',
        path: [key],
        message: 'A parameter is a letter or _, then letters, digits, . _ or -.',
      });
    }
  });

export const PipelineFields = z.strictObject({
  name: resourceName,
  description: z.string().max(1000).optional(),
  concurrency: z.enum(['queue', 'supersede', 'parallel']).default('queue'),
  owners: someGroups.default([operatorGroup]),
  readers: z.array(groupName).max(100).optional(),
  retention: z
    .strictObject({ days: z.int().min(1).max(36_500).optional(), keep: z.int().min(1).max(1_000_000).optional() })
    .optional(),
  parameters: parameters.default({}),
  sources: map.default({}),
  expectedArtifacts: block,
  /** Spinnaker's form: read by `readTriggers`. */
  triggers: z.unknown().optional(),
  stages: map.default({}),
});

export const RegistryFields = z.strictObject({
  type: z.literal('registry'),
  repository: z
    .string()
    .refine(
      isRepositoryPattern,
      'A repository is host/path, such as registry.example.com/shop; * is one segment, ** the rest.',
    ),
  on: z.array(z.enum(['push', 'scan'])).default([]),
  tags: filter.optional(),
  order: z.enum(['pushed', 'semver', 'numeric', 'lexical']).default('pushed'),
  branches: filter.optional(),
  default: z.strictObject({ tag: z.string().refine(isTag, 'This is no tag.') }).optional(),
});

/** Files and packages: what is an image has a repository and tags. */
export const ArtifactFields = z.strictObject({
  type: z.literal('artifact'),
  artifactType: z
    .string()
    .min(1)
    .max(128)
    .refine((type) => type !== imageType, 'An image comes from a source of type registry.'),
  name: z.string().min(1).max(1024),
  on: z.array(z.literal('push')).default(['push']),
  versions: filter.optional(),
  order: z.enum(['pushed', 'semver', 'numeric', 'lexical']).default('pushed'),
  default: z
    .union([
      z.strictObject({ version: z.string().min(1).max(512) }),
      z.strictObject({ tag: z.string().min(1).max(512) }).transform(({ tag }) => ({ version: tag })),
    ])
    .optional(),
});

export const PipelineSourceFields = z.strictObject({
  type: z.literal('pipeline'),
  pipeline: z.string().min(1).max(256),
  build: z
    .union([z.string().min(1).max(128), z.int().nonnegative().transform(String)], {
      error: 'A build is lastSuccessfulBuild or a build number.',
    })
    .default('lastSuccessfulBuild'),
  on: z.array(z.literal('buildSuccess')).default([]),
  branches: filter.optional(),
});

/** Images come by the `internalHost` of their registry's account. */
const internalAddress = z.boolean().default(false);

export const StageFields = z.strictObject({
  environment: environment.optional(),
  needs: names.default([]),
  when,
  gates: z.array(z.unknown()).max(20).default([]),
  expectedArtifacts: block,
  inputArtifacts: block,
  useInternalAddress: internalAddress,
  jobs: map.optional(),
  steps: map.optional(),
});

export const JobFields = z.strictObject({ needs: names.default([]), when, steps: map.default({}) });

export const StepFields = z.strictObject({
  step: z.string().min(1).max(64),
  with: z.record(z.string(), json).default({}),
  publishes: z
    .string()
    .max(128)
    .refine(
      (text) => isArtifactName(text) && !text.includes('$'),
      'A name is letters, digits and . _ - /, without variables.',
    )
    .optional(),
  when,
  useInternalAddress: internalAddress,
});

const ApprovalFields = z.strictObject({
  groups: someGroups,
  count: z.int().min(1).max(20).default(1),
  timeout: positiveDuration.default(7 * day),
  forbidSelf: z.boolean().default(false),
});

/** A misspelt severity would limit nothing, so only words that scanners use are taken. */
const severities = [
  'critical',
  'high',
  'medium',
  'low',
  'negligible',
  'informational',
  'untriaged',
  'unknown',
  'undefined',
] as const;

const maxSeverity = z.record(z.string(), z.int().nonnegative()).superRefine((limits, context) => {
  const named = Object.keys(limits);
  const known = `a severity is one of ${severities.join(', ')}`;
  if (named.length === 0) context.addIssue({ code: 'custom', message: `Limit at least one: ${known}.` });
  for (const name of named.filter((one) => !severities.some((severity) => severity === one))) {
    context.addIssue({ code: 'custom', path: [name], message: `There is no such severity: ${known}.` });
  }
});

const ScanFields = z.strictObject({
  maxSeverity,
  fixableOnly: z.boolean().default(false),
  graceDays: z.number().min(0).max(3650).default(0),
  within: duration.default(0),
  from: names.min(1).optional(),
});

const TestsFields = z
  .strictObject({
    required: names.default([]),
    minCoverage: z.number().min(0).max(100).optional(),
    within: duration.default(0),
    from: names.min(1).optional(),
  })
  .refine(
    ({ required, minCoverage }) => required.length > 0 || minCoverage !== undefined,
    'Ask for required tests, minCoverage or both.',
  );

const VerifiedFields = z.strictObject({ environment, maxAge: positiveDuration.optional() });

/** By the one key of a gate's object. */
export const gateFields = {
  approval: ApprovalFields,
  scan: ScanFields,
  tests: TestsFields,
  verified: VerifiedFields,
} as const;
