import {
  GetFunctionCommand,
  type GetFunctionCommandOutput,
  type LambdaClient,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { stepInputs } from '../../../contracts/step-inputs.ts';
import type { Artifact } from '../../../domain/artifact.ts';
import { Failure } from '../../../domain/failure.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import { awsCall } from '../aws-call.ts';
import { aliasedVersion, shiftAlias } from './alias.ts';
import { codeDigest, codeOfUpdate, packageTypeOf, type WantedCode, wantedCode, zipDigest } from './function-code.ts';
import { unlessChanged } from './unless-changed.ts';

export interface LambdaFunctionOptions {
  /** A client for the account and Region that the step names, for a pipeline that may use that account. */
  client(target: {
    readonly pipeline: string;
    readonly account?: string;
    readonly region?: string;
  }): Promise<LambdaClient>;
  /** Bytes of an artifact that the run has. Failures: contentNotFound, contentDenied. */
  content(artifact: Artifact, pipeline: string): Promise<Uint8Array>;
}

interface Input {
  readonly function: string;
  readonly alias?: string;
  readonly code: WantedCode;
  readonly account?: string;
  readonly region?: string;
}

/** What was done in an earlier call: where it is absent the same is asked for again, which changes nothing. */
const memoryShape = z.object({ updated: z.boolean().optional(), shifted: z.boolean().optional() });
type Memory = z.infer<typeof memoryShape>;

interface Call {
  readonly lambda: LambdaClient;
  readonly input: Input;
  readonly memory: Memory;
  content(file: Artifact): Promise<Uint8Array>;
}

/**
 * The step `lambda-function`: the function's code, an image or a zip file, by digest; with `alias` a published version of it, which the
 * alias then means. Observed is what Lambda itself says that the code is, of the alias or of $LATEST. Each poll looks at what is
 * there and does the next thing that is missing, so it does not matter where a step before it died.
 * Failures: invalidInput, digestRequired, targetNotFound, rolloutFailed, digestMismatch, those of content.
 */
export function createLambdaFunctionDeployer(options: LambdaFunctionOptions): Deployer {
  return {
    kind: 'lambda-function',
    async run(request) {
      const { pipeline } = request;
      const input = parseInput(request);
      const { account, region } = input;
      const lambda = await options.client({ pipeline, account, region });
      const content = (file: Artifact) => options.content(file, pipeline);
      const memory = memoryShape.parse(request.memory ?? {});
      return awsCall(`Function ${input.function}`, () => nextEffect({ lambda, input, memory, content }));
    },
  };
}

function parseInput({ with: given, artifacts }: StepRequest): Input {
  const read = stepInputs['lambda-function'].safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Failure('invalidInput', `with.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not sound'}`);
  }
  return { ...read.data, code: wantedCode(read.data, artifacts) };
}

async function nextEffect(call: Call): Promise<StepAnswer> {
  const { lambda, input, memory } = call;
  const latest = await lambda.send(new GetFunctionCommand({ FunctionName: input.function }));
  checkPackageType(input, latest);
  const state = latest.Configuration?.LastUpdateStatus;
  if (state === 'InProgress') return poll(memory);
  const isLatest = codeDigest(latest, input.code) === input.code.digest;
  if (memory.updated !== true && (!isLatest || state === 'Failed')) return update(call, latest);
  if (state === 'Failed') {
    const why = latest.Configuration?.LastUpdateStatusReason ?? 'Lambda gives no reason';
    return { kind: 'failed', code: 'rolloutFailed', message: `${input.function} could not be updated: ${why}.` };
  }
  if (!isLatest) return otherCode(input, latest, '$LATEST');
  return input.alias === undefined ? done(latest, input) : bringAlias(call, { alias: input.alias, latest });
}

function poll({ updated, shifted }: Memory): StepAnswer {
  const memory = { ...(updated === undefined ? {} : { updated }), ...(shifted === undefined ? {} : { shifted }) };
  return { kind: 'poll', memory };
}

function done(found: GetFunctionCommandOutput, { code }: Input): StepAnswer {
  const observed = codeDigest(found, code);
  return { kind: 'done', artifacts: [], ...(observed === undefined ? {} : { observed }) };
}

/** The step did its part, and something else is there: updating again would be a fight. */
function otherCode({ function: name, code }: Input, found: GetFunctionCommandOutput, place: string): StepAnswer {
  const observed = codeDigest(found, code);
  const message = `${place} of ${name} has ${observed ?? 'code that Lambda does not name'} after the update to ${code.digest}.`;
  return { kind: 'failed', code: 'digestMismatch', message, ...(observed === undefined ? {} : { observed }) };
}

/** A function stays what it was made of (docs.aws.amazon.com/lambda/latest/dg/images-create.html). */
function checkPackageType(input: Input, { Configuration }: GetFunctionCommandOutput): void {
  const wanted = packageTypeOf(input.code);
  const present = Configuration?.PackageType ?? 'Zip';
  if (present === wanted) return;
  const [has, takes] = wanted === 'Image' ? ['a zip file', 'package'] : ['an image', 'image'];
  const message = `${input.function} is made of ${has} and cannot become anything else: give the step ${takes}, or name another function.`;
  throw new Failure('invalidInput', message);
}

/** Under the revision that was looked at: who changed the function in between is not run over. It keeps its architecture. */
async function update({ lambda, input, memory, content }: Call, latest: GetFunctionCommandOutput): Promise<StepAnswer> {
  const { RevisionId, Architectures } = latest.Configuration ?? {};
  const code = await codeOfUpdate(input.code, content);
  const updated = await unlessChanged(() =>
    lambda.send(
      new UpdateFunctionCodeCommand({
        FunctionName: input.function,
        ...code,
        Architectures,
        RevisionId,
        Publish: false,
      }),
    ),
  );
  if (updated === undefined) return poll(memory);
  // Of a zip file Lambda says at once what it took; an object in S3 may not be what its metadata says.
  if (input.code.kind === 'package' && zipDigest(updated.CodeSha256) !== input.code.digest) {
    return otherCode(input, { $metadata: updated.$metadata, Configuration: updated }, '$LATEST');
  }
  return poll({ ...memory, updated: true });
}

async function bringAlias(
  { lambda, input, memory }: Call,
  { alias, latest }: { readonly alias: string; readonly latest: GetFunctionCommandOutput },
): Promise<StepAnswer> {
  const present = await aliasedVersion(lambda, { name: input.function, alias });
  if (present !== undefined && !present.isShared && codeDigest(present.version, input.code) === input.code.digest) {
    return done(present.version, input);
  }
  if (memory.shifted === true && present !== undefined) return otherCode(input, present.version, `Alias ${alias}`);
  const isShifted = await shiftAlias(lambda, { name: input.function, alias, present, latest });
  return poll(isShifted ? { ...memory, shifted: true } : memory);
}
