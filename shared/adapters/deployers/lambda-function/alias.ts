import {
  CreateAliasCommand,
  GetAliasCommand,
  GetFunctionCommand,
  type GetFunctionCommandOutput,
  type LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { unlessChanged } from './unless-changed.ts';

export interface AliasedVersion {
  readonly version: GetFunctionCommandOutput;
  /** Some calls go to a second version. */
  readonly isShared: boolean;
  /** Of the alias, not of the version. */
  readonly revision: string | undefined;
}

interface AliasPlace {
  /** Of the function. */
  readonly name: string;
  readonly alias: string;
}

/** What an alias means; undefined if there is none. */
export async function aliasedVersion(
  lambda: LambdaClient,
  { name, alias }: AliasPlace,
): Promise<AliasedVersion | undefined> {
  try {
    const { RoutingConfig, RevisionId } = await lambda.send(new GetAliasCommand({ FunctionName: name, Name: alias }));
    const version = await lambda.send(new GetFunctionCommand({ FunctionName: name, Qualifier: alias }));
    const isShared = Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {}).length > 0;
    return { version, isShared, revision: RevisionId };
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

interface Shift extends AliasPlace {
  readonly present: AliasedVersion | undefined;
  readonly latest: GetFunctionCommandOutput;
}

/** Publishes the code and lets the alias, all of it, mean that version. False = somebody changed something meanwhile. */
export async function shiftAlias(lambda: LambdaClient, { name, alias, present, latest }: Shift): Promise<boolean> {
  const { CodeSha256, RevisionId } = latest.Configuration ?? {};
  // Of code that is published already Lambda answers the version that has it.
  const published = await unlessChanged(() =>
    lambda.send(new PublishVersionCommand({ FunctionName: name, CodeSha256, RevisionId })),
  );
  if (published === undefined) return false;
  const target = { FunctionName: name, Name: alias, FunctionVersion: published.Version };
  const shifted = await unlessChanged<unknown>(() =>
    present === undefined
      ? lambda.send(new CreateAliasCommand(target))
      : lambda.send(
          new UpdateAliasCommand({
            ...target,
            RoutingConfig: { AdditionalVersionWeights: {} },
            RevisionId: present.revision,
          }),
        ),
  );
  return shifted !== undefined;
}
