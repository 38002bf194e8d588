import { createHash } from 'node:crypto';
import {
  BatchGetBuildsCommand,
  type Build,
  type CodeBuildClient,
  ListBuildsForProjectCommand,
  StartBuildCommand,
  StopBuildCommand,
} from '@aws-sdk/client-codebuild';
import { stepInputs } from '../../../contracts/step-inputs.ts';
import { Failure } from '../../../domain/failure.ts';
import { parseReference } from '../../../domain/reference.ts';
import type { Deployer, StepAnswer, StepRequest } from '../../../ports/deployer.ts';
import { awsCall } from '../aws-call.ts';
import { exportedArtifacts } from './exported-artifacts.ts';

export interface CodeBuildOptions {
  /** A client for the account and Region that the step names, for a pipeline that may use that account. */
  client(target: {
    readonly pipeline: string;
    readonly account?: string;
    readonly region?: string;
  }): Promise<CodeBuildClient>;
}

interface Input {
  readonly project: string;
  /** Variables of the build, ours among them. */
  readonly variables: Readonly<Record<string, string>>;
  readonly account?: string;
  readonly region?: string;
}

/** By it a build is found again: AWS knows an idempotency token for five minutes only. */
const stepVariable = 'WAYBILL_STEP';

/**
 * The step `codebuild`: a build of a project that is told which image by digest, watched until it ends; what it exports is what the
 * step publishes. It deploys nothing by itself. A build of this step that is there already is not started again.
 * Failures: invalidInput, digestRequired, targetNotFound, stepFailed.
 */
export function createCodeBuildDeployer(options: CodeBuildOptions): Deployer {
  const clientOf = ({ pipeline }: StepRequest, { account, region }: Input) =>
    options.client({ pipeline, account, region });
  return {
    kind: 'codebuild',
    async run(request) {
      const input = parseInput(request);
      const codebuild = await clientOf(request, input);
      const build = request.memory?.build;
      return awsCall(`Project ${input.project}`, () =>
        typeof build === 'string' ? watch(codebuild, build) : start(codebuild, input, tokenOf(request)),
      );
    },
    async cancel(request) {
      const input = parseInput(request);
      const codebuild = await clientOf(request, input);
      await awsCall(`Project ${input.project}`, async () => {
        const known = request.memory?.build;
        const id = typeof known === 'string' ? known : await findBuild(codebuild, input.project, tokenOf(request));
        if (id !== undefined) await codebuild.send(new StopBuildCommand({ id }));
      });
    },
  };
}

function parseInput({ with: given, executionId, key }: StepRequest): Input {
  const read = stepInputs.codebuild.safeParse(given);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Failure('invalidInput', `with.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not sound'}`);
  }
  const { project, variables = {}, image, account, region } = read.data;
  const own = { WAYBILL_EXECUTION: executionId, [stepVariable]: tokenOf({ key }) };
  return { project, variables: { ...variables, ...imageVariables(image), ...own }, account, region };
}

function imageVariables(image: string | undefined): Readonly<Record<string, string>> {
  if (image === undefined) return {};
  const reference = parseReference(image);
  if (reference?.digest === undefined) {
    throw new Failure('digestRequired', `image is ${image}; codebuild takes repository@sha256:… only`);
  }
  const { repository, digest } = reference;
  return { WAYBILL_IMAGE: `${repository}@${digest}`, WAYBILL_DIGEST: digest };
}

/** Ruling 20: of a key that is longer than the target takes, the first 32 letters of its sum. */
function tokenOf({ key }: Pick<StepRequest, 'key'>): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

async function start(
  codebuild: CodeBuildClient,
  { project, variables }: Input,
  idempotencyToken: string,
): Promise<StepAnswer> {
  const found = await findBuild(codebuild, project, idempotencyToken);
  if (found !== undefined) return { kind: 'poll', memory: { build: found } };
  const environmentVariablesOverride = Object.entries(variables).map(([name, value]) => ({
    name,
    value,
    type: 'PLAINTEXT' as const,
  }));
  const { build } = await codebuild.send(
    new StartBuildCommand({ projectName: project, idempotencyToken, environmentVariablesOverride }),
  );
  if (build?.id === undefined) throw new Failure('targetUnavailable', `CodeBuild named no build of ${project}.`);
  return { kind: 'poll', memory: { build: build.id } };
}

/** Among the project's newest hundred. */
async function findBuild(codebuild: CodeBuildClient, projectName: string, token: string): Promise<string | undefined> {
  const listed = await codebuild.send(new ListBuildsForProjectCommand({ projectName, sortOrder: 'DESCENDING' }));
  const ids = (listed.ids ?? []).slice(0, 100);
  if (ids.length === 0) return undefined;
  const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids }));
  const isOurs = (build: Build) =>
    build.environment?.environmentVariables?.some(({ name, value }) => name === stepVariable && value === token);
  return builds.find(isOurs)?.id;
}

async function watch(codebuild: CodeBuildClient, id: string): Promise<StepAnswer> {
  const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: [id] }));
  const [build] = builds;
  if (build === undefined) {
    return { kind: 'failed', code: 'targetNotFound', message: `CodeBuild knows no build ${id} any more.` };
  }
  if (build.buildStatus === 'SUCCEEDED') return { kind: 'done', artifacts: exportedArtifacts(build, id) };
  if (build.buildStatus === 'IN_PROGRESS') return { kind: 'poll', memory: { build: id } };
  return { kind: 'failed', code: 'stepFailed', message: `Build ${id} ended ${build.buildStatus}${reasonOf(build)}.` };
}

/** Phases: docs.aws.amazon.com/codebuild/latest/APIReference/API_BuildPhase.html. */
function reasonOf({ phases = [] }: Build): string {
  const failed = phases.find(({ phaseStatus }) => phaseStatus !== undefined && isFailed(phaseStatus));
  if (failed === undefined) return '';
  const [context] = failed.contexts ?? [];
  const said = [context?.statusCode, context?.message].filter((part) => part !== undefined && part !== '').join(': ');
  return ` in ${failed.phaseType}${said === '' ? '' : `: ${said.slice(0, 500)}`}`;
}

function isFailed(status: string): boolean {
  return status === 'FAILED' || status === 'FAULT' || status === 'TIMED_OUT' || status === 'CLIENT_ERROR';
}
