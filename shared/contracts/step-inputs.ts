import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import { isVariableName, parseTemplate } from '../domain/expression.ts';
import { isKubernetesLabel } from '../domain/kubernetes-name.ts';
import { isFilePath, isUserName } from '../domain/machine-place.ts';
import { isRepository, isTag, namesHost } from '../domain/reference.ts';
import { headerFault } from '../domain/webhook-headers.ts';
import { json, resourceName } from './common.ts';

/** `with` of each kind of step, as written: texts may hold references and variables, numbers and booleans may not. */

const text = z.string().min(1).max(8192);

/** A text whose form is checked where it is written out; with references or variables in it, when the step runs. */
function literal(isSound: (value: string) => boolean, message: string) {
  return text.refine((value) => {
    const parsed = parseTemplate(value);
    if (parsed.kind === 'invalid') return true;
    const texts = parsed.template.parts.map((part) => (part.kind === 'text' ? part.text : undefined));
    return texts.includes(undefined) || isSound(texts.join(''));
  }, message);
}

const image = text.describe('A reference such as $[sources.image], or repository@sha256:…');

const url = literal(
  isCallableUrl,
  'A URL is http:// or https://, without a user or password in it; credentials belong in an account.',
);

function isCallableUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}

const timeout = z.string().refine((value) => (parseDuration(value) ?? 0) > 0, {
  error: 'A timeout is a number and s, m, h or d, such as 90s, 15m, 2h or 7d, without variables.',
});

const headers = z.record(z.string(), z.string().max(8192)).superRefine((values, context) => {
  for (const [name, value] of Object.entries(values)) {
    const fault = headerFault(name, value);
    if (fault) context.addIssue({ code: 'custom', path: [name], message: fault });
  }
});

const directory = z.strictObject({
  path: text,
  image,
  platform: literal(
    (value) => /^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/.test(value),
    'A platform is os/architecture, such as linux/arm64.',
  ).optional(),
});

const webhook = z.strictObject({
  url,
  body: json.optional(),
  headers: headers.optional(),
  account: resourceName.optional(),
  wait: z.strictObject({ timeout }).optional(),
});

const pipeline = z.strictObject({
  pipeline: resourceName.describe('Written out: its owners are compared when the file is put'),
  parameters: z.record(z.string(), z.string().max(8192)).optional(),
  artifacts: z
    .array(text.refine(isOneReference, 'An artifact is one reference, such as $[sources.image].'))
    .max(100)
    .optional(),
  wait: z
    .union([z.boolean(), z.strictObject({ timeout })], { error: 'wait is true, false or {timeout: 2h}.' })
    .optional(),
  skipDownstreamOutput: z.boolean().optional().describe('With wait: the artifacts of the other run stay its own'),
});

function isOneReference(value: string): boolean {
  const parsed = parseTemplate(value);
  if (parsed.kind === 'invalid') return true;
  const [only, ...others] = parsed.template.parts;
  return only?.kind === 'reference' && only.reference.field === undefined && others.length === 0;
}

const tag = z.strictObject({
  image,
  tags: z.array(literal(isTag, 'This is no tag.')).min(1).max(50),
  overwrite: z.boolean().optional(),
});

const copy = z.strictObject({
  image,
  to: literal(
    isTarget,
    'Where to is a repository with its host, such as registry.example.com/shop, without tag and digest.',
  ),
  tags: z.array(literal(isTag, 'This is no tag.')).min(1).max(50).optional(),
  overwrite: z.boolean().optional(),
});

function isTarget(text: string): boolean {
  return namesHost(text) && isRepository(text);
}

const manifest = z.union([text, z.record(z.string(), json), z.array(z.record(z.string(), json)).min(1).max(100)], {
  error: 'A manifest is a reference such as $[sources.manifest], or written out: one object or a list of them.',
});

/** RFC 1123: namespaces and containers. */
const kubeLabel = literal(isKubernetesLabel, 'A name in Kubernetes is lower-case letters, digits and -, at most 63.');

const kubernetesImage = z.strictObject({
  cluster: text.describe('An account of type kubernetes'),
  namespace: kubeLabel,
  kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob']),
  workload: literal(
    (value) => /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/.test(value),
    'A name of a workload is lower-case letters, digits, - and dots.',
  ),
  container: kubeLabel,
  image,
});

const kubernetesApply = z.strictObject({
  cluster: text.describe('An account of type kubernetes'),
  namespace: kubeLabel.optional(),
  manifest,
  variables: z
    .array(z.strictObject({ key: z.string().refine(isVariableName, 'A key is the name of a variable.'), value: text }))
    .max(100)
    .optional(),
});

/** Where on AWS: without them the service's own account and Region. */
const awsTarget = {
  account: resourceName.optional().describe('An account of type aws, with the role to take'),
  region: literal((value) => /^[a-z]{2}(-[a-z]+)+-\d$/.test(value), 'A Region is written as eu-west-1.').optional(),
};

const ecsService = z.strictObject({ cluster: text, service: text, container: text, image, ...awsTarget });

const lambdaFunction = z
  .strictObject({
    function: text,
    alias: literal(
      (value) => /^(?!\d+$)[A-Za-z0-9_-]{1,128}$/.test(value),
      'An alias is letters, digits, - and _.',
    ).optional(),
    image: image.optional(),
    package: text.optional().describe('Instead of an image: a reference to a zip file, such as $[sources.package]'),
    ...awsTarget,
  })
  .refine((given) => (given.image === undefined) !== (given.package === undefined), {
    path: ['image'],
    error: 'Write either image or package: a function is made of one of them.',
  });

/** A step polls for about two hours: what may last longer is refused where it is written. */
const mostBatches = 20;
const longestPauses = 3_600_000;

const vmDeploy = z
  .strictObject({
    artifact: text.describe('A reference to a file, such as $[sources.package]'),
    machines: text.describe('tag:Key=Value, or instance ids; several with commas'),
    downloadPath: literal(isFilePath, 'A path is absolute and ends with the name of the file.'),
    user: literal(isUserName, 'This is no name of a user.'),
    run: text.describe('A script for sh'),
    batches: z.int().min(1).max(mostBatches).optional(),
    pause: timeout.optional().describe('Between batches; all pauses together at most an hour'),
    ...awsTarget,
  })
  .refine(({ batches = 1, pause }) => (batches - 1) * (parseDuration(pause ?? '') ?? 0) <= longestPauses, {
    path: ['pause'],
    error: 'All pauses together are at most an hour; split the machines into several steps.',
  });

const codebuild = z.strictObject({
  project: text,
  variables: z
    .record(z.string(), text)
    .superRefine((values, context) => {
      for (const name of Object.keys(values)) {
        if (/^(?!CODEBUILD_|WAYBILL_)[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) continue;
        const message = 'A variable is letters, digits and _; CODEBUILD_ and WAYBILL_ are taken.';
        context.addIssue({ code: 'custom', path: [name], message });
      }
    })
    .refine((values) => Object.keys(values).length <= 100, 'At most 100 variables.')
    .optional(),
  image: image.optional(),
  ...awsTarget,
});

/** Keys are those of the step kinds' table. */
export const stepInputs = {
  directory,
  webhook,
  pipeline,
  tag,
  copy,
  'ecs-service': ecsService,
  'lambda-function': lambdaFunction,
  'kubernetes-image': kubernetesImage,
  'kubernetes-apply': kubernetesApply,
  'vm-deploy': vmDeploy,
  codebuild,
} as const;

export function findStepInputs(kind: string): z.ZodType | undefined {
  return Object.entries(stepInputs).find(([name]) => name === kind)?.[1];
}
