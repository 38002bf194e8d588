import {
  CreateAliasCommand,
  GetFunctionCommand,
  type GetFunctionCommandOutput,
  type LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { stepInputs } from '../../../contracts/step-inputs.ts';
import { type Digest, parseDigest } from '../../../domain/digest.ts';
import { Failure } from '../../../domain/failure.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { parseReference } from '../../../domain/reference.ts';
import type { Deployer, StepAnswer } from '../../../ports/deployer.ts';
import { awsCall } from '../aws-call.ts';

export interface LambdaFunctionOptions {
  /** A client for the account and Region that the step names, for a pipeline that may use that account. */
  client(target: {
    readonly pipeline: string;
    readonly account?: string;
    readonly region?: string;
  }): Promise<LambdaClient>;
}

interface Input {
  readonly function: string;
  readonly alias?: string;
  readonly image: string;
  readonly digest: Digest;
  readonly account?: string;
  readonly region?: string;
}

/**
 * The step `lambda-function`: the function's code by digest; with `alias` a published version of it, which the alias then means.
 * Observed is the digest that Lambda itself resolved the code to, of the alias or of $LATEST. Each poll looks at what is there and
 * does the next thing that is missing, so it does not matter where a step before it died.
 * Failures: invalidInput, digestRequired, targetNotFound, rolloutFailed.
 */
export function createLambdaFunctionDeployer(options: LambdaFunctionOptions): Deployer {
  return {
    kind: 'lambda-function',
    async run(request) {
      const input = parseInput(request.with);
      const { account, region } = input;
      const lambda = await options.client({ pipeline: request.pipeline, account, region });
      return awsCall(`Function ${input.function}`, () => nextEffect(lambda, input));
    },
  };
}

function parseInput(given: JsonObject): Input {
  const read = stepInputs['lambda-function'].safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Failure('invalidInput', `with.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not sound'}`);
  }
  const reference = parseReference(read.data.image);
  if (reference?.digest === undefined) {
    throw new Failure('digestRequired', `image is ${read.data.image}; lambda-function takes repository@sha256:… only`);
  }
  return { ...read.data, image: `${reference.repository}@${reference.digest}`, digest: reference.digest };
}

async function nextEffect(lambda: LambdaClient, input: Input): Promise<StepAnswer> {
  const latest = await lambda.send(new GetFunctionCommand({ FunctionName: input.function }));
  const state = latest.Configuration?.LastUpdateStatus;
  if (state === 'InProgress') return again;
  if (digestOf(latest) !== input.digest) return update(lambda, input, latest);
  if (state === 'Failed') {
    const why = latest.Configuration?.LastUpdateStatusReason ?? 'Lambda gives no reason';
    return { kind: 'failed', code: 'rolloutFailed', message: `${input.function} could not be updated: ${why}.` };
  }
  return input.alias === undefined ? done(latest) : shiftAlias(lambda, input, { alias: input.alias, latest });
}

const again: StepAnswer = { kind: 'poll', memory: {} };

function done(found: GetFunctionCommandOutput): StepAnswer {
  const observed = digestOf(found);
  return { kind: 'done', artifacts: [], ...(observed === undefined ? {} : { observed }) };
}

/** Of a function with an image: what Lambda resolved `ImageUri` to. */
function digestOf({ Code }: GetFunctionCommandOutput): Digest | undefined {
  return parseDigest(Code?.ResolvedImageUri?.split('@').at(-1) ?? '');
}

/** Under the revision that was looked at: who changed the function in between is not run over. */
async function update(lambda: LambdaClient, input: Input, latest: GetFunctionCommandOutput): Promise<StepAnswer> {
  if (latest.Configuration?.PackageType !== 'Image') {
    const message = `${input.function} is made of ${latest.Configuration?.PackageType ?? 'nothing known'}, not of an image.`;
    throw new Failure('invalidInput', message);
  }
  const RevisionId = latest.Configuration.RevisionId;
  await lambda.send(
    new UpdateFunctionCodeCommand({ FunctionName: input.function, ImageUri: input.image, Publish: false, RevisionId }),
  );
  return again;
}

interface Shift {
  readonly alias: string;
  readonly latest: GetFunctionCommandOutput;
}

async function shiftAlias(lambda: LambdaClient, input: Input, { alias, latest }: Shift): Promise<StepAnswer> {
  const FunctionName = input.function;
  const meant = await findQualified(lambda, FunctionName, alias);
  if (meant !== undefined && digestOf(meant) === input.digest) return done(meant);
  // Of code that is published already Lambda answers the version that has it.
  const { CodeSha256, RevisionId } = latest.Configuration ?? {};
  const published = await lambda.send(new PublishVersionCommand({ FunctionName, CodeSha256, RevisionId }));
  const version = { FunctionName, Name: alias, FunctionVersion: published.Version };
  if (meant === undefined) await lambda.send(new CreateAliasCommand(version));
  else await lambda.send(new UpdateAliasCommand(version));
  return again;
}

async function findQualified(
  lambda: LambdaClient,
  FunctionName: string,
  Qualifier: string,
): Promise<GetFunctionCommandOutput | undefined> {
  try {
    return await lambda.send(new GetFunctionCommand({ FunctionName, Qualifier }));
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}
