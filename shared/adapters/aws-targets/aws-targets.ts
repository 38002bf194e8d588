import { AssumeRoleCommand, STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import type { Account } from '../../domain/account.ts';
import { Failure } from '../../domain/failure.ts';
import type { Clock } from '../../ports/clock.ts';

/** Where a step deploys to. */
export interface AwsTarget {
  readonly pipeline: string;
  /** An account of type aws; without one the service acts as itself. */
  readonly account?: string;
  readonly region?: string;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** As the constructors of SDK clients take it. */
export interface AwsClientConfig {
  readonly region?: string;
  readonly credentials?: () => Promise<Credentials>;
}

export interface AwsTargetsOptions {
  /** The account of that name, which the pipeline may use. Failure accountNotPermitted. */
  account(name: string, pipeline: string): Promise<Pick<Account, 'type' | 'roleArn' | 'externalId' | 'region'>>;
  readonly clock: Clock;
  /** For another endpoint than AWS's. */
  readonly sts?: STSClientConfig;
}

/** AWS gives an hour unless the role says less; renewed this long before its end. */
const sessionSeconds = 3_600;
const renewBeforeMs = 300_000;

/**
 * Answers how a client for a step's target is to be configured. A role is taken once and kept while it is good, by role, external
 * id and pipeline: the session carries the pipeline's name, so that the target's own trail says who acted. Failures:
 * accountNotPermitted, invalidInput, targetDenied.
 */
export function createAwsTargets(options: AwsTargetsOptions): (target: AwsTarget) => Promise<AwsClientConfig> {
  const sessions = new Map<string, Promise<Credentials>>();
  let sts: STSClient | undefined;
  return async (target) => {
    if (target.account === undefined) return { region: target.region };
    const account = await options.account(target.account, target.pipeline);
    const { roleArn, externalId } = account;
    if (account.type !== 'aws' || roleArn === undefined) {
      throw new Failure(
        'invalidInput',
        `Account ${target.account} is of type ${account.type}; this step needs type aws.`,
      );
    }
    const name = JSON.stringify([roleArn, externalId, target.pipeline]);
    const credentials = async (): Promise<Credentials> => {
      const known = await sessions.get(name)?.catch(() => undefined);
      if (known !== undefined && isGood(known, options.clock)) return known;
      sts ??= new STSClient(options.sts ?? {});
      const taken = takeRole(sts, { roleArn, externalId, pipeline: target.pipeline });
      sessions.set(name, taken);
      return taken;
    };
    return { region: target.region ?? account.region, credentials };
  };
}

function isGood({ expiration }: Credentials, clock: Clock): boolean {
  return expiration !== undefined && expiration.getTime() - renewBeforeMs > clock.now();
}

interface Role {
  readonly roleArn: string;
  readonly externalId: string | undefined;
  readonly pipeline: string;
}

async function takeRole(sts: STSClient, { roleArn, externalId, pipeline }: Role): Promise<Credentials> {
  const command = new AssumeRoleCommand({
    RoleArn: roleArn,
    RoleSessionName: `waybill-${pipeline}`.slice(0, 64),
    DurationSeconds: sessionSeconds,
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
  });
  const answer = await sts.send(command).catch((error: unknown) => {
    const why = error instanceof Error ? error.name : 'no answer';
    throw new Failure('targetDenied', `The role ${roleArn} could not be taken (${why}). Check its trust policy.`, {
      cause: error,
    });
  });
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined) {
    throw new Failure('internal', `STS answered no credentials for ${roleArn}.`);
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
    ...(Expiration === undefined ? {} : { expiration: Expiration }),
  };
}
