import { CfnOutput, Stack, Token, Validations } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { envNames } from '../shared/contracts/env.ts';
import { Alarms } from './constructs/alarms.ts';
import { api } from './constructs/api.ts';
import { Blobs } from './constructs/blobs.ts';
import { Entrance } from './constructs/entrance.ts';
import { EventQueue } from './constructs/event-queue.ts';
import { finishExecution } from './constructs/finish-execution.ts';
import { Keys } from './constructs/keys.ts';
import { Machine, machineArns } from './constructs/machine.ts';
import { overview } from './constructs/overview.ts';
import type { Parts } from './constructs/parts.ts';
import { processDelivery, processingTimeout } from './constructs/process-delivery.ts';
import { receiveWebhook } from './constructs/receive-webhook.ts';
import { reconcile } from './constructs/reconcile.ts';
import { retention } from './constructs/retention.ts';
import { runNode } from './constructs/run-node.ts';
import { secretPrefix } from './constructs/secrets.ts';
import { SignIn } from './constructs/sign-in.ts';
import { sweep } from './constructs/sweep.ts';
import { WaybillTable } from './constructs/table.ts';
import type { CodeOf, FunctionEnvironment, WaybillFunction } from './constructs/waybill-function.ts';
import { WebFiles } from './constructs/web-files.ts';
import type { OidcContext, Settings } from './settings.ts';

export interface WaybillStackProps {
  readonly settings: Settings;
  readonly codeOf: CodeOf;
}

/** One installation of Waybill: everything it needs in one account and region. */
export class WaybillStack extends Stack {
  constructor(scope: Construct, id: string, props: WaybillStackProps) {
    const { settings, codeOf } = props;
    super(scope, id, { env: { account: settings.account, region: settings.region }, description: 'Waybill' });
    const logDays = logRetention(settings.logDays);
    const entrance = new Entrance(this, 'Entrance', { ...settings, logDays });
    const stores = {
      name: settings.name,
      table: new WaybillTable(this, 'Table', settings.restoredTable),
      blobs: new Blobs(this, 'Blobs'),
      webFiles: new WebFiles(this, 'WebFiles'),
      keys: new Keys(this, 'Keys', { earlier: settings.earlierSigningKeys?.split(',') ?? [] }),
      queue: new EventQueue(this, 'Events', { processing: processingTimeout }),
      machine: machineArns(this, settings.name),
    };
    const oidc = settings.cognito ? this.#signIn() : settings.oidc;
    const environment = environmentOf({ ...settings, oidc }, stores, entrance.api.apiEndpoint);
    const parts: Parts = { ...stores, function: { codeOf, environment, logDays } };
    const starting = [
      api(this, parts),
      processDelivery(this, parts),
      runNode(this, parts, settings.deployRoles),
    ] as const;
    const [rest, , running] = starting;
    for (const made of starting) grantFetch(made, settings.fetchRoles);
    entrance.route({ hooks: receiveWebhook(this, parts), rest });
    const { machine } = new Machine(this, 'Machine', { name: settings.name, runNode: running, logDays });
    finishExecution(this, parts);
    sweep(this, parts);
    reconcile(this, parts, settings.reconcile !== 'off');
    retention(this, parts);
    const { name, alarmTopic } = settings;
    const alarms = new Alarms(this, 'Alarms', { name, events: stores.queue.queue, topic: alarmTopic });
    overview(this, { name, alarms, machine });
    // Whoever trusts Waybill with an account names this role.
    if (running.lambda.role) new CfnOutput(this, 'RunNodeRole', { value: running.lambda.role.roleArn });
    new CfnOutput(this, 'TableName', { value: stores.table.table.tableName });
    new CfnOutput(this, 'WebBucket', { value: stores.webFiles.bucket.bucketName });
    new CfnOutput(this, 'Url', { value: entrance.api.apiEndpoint });
    this.#acknowledge();
  }

  /** Without outputs nobody could sign in: both are made up by Cognito. */
  #signIn(): OidcContext {
    const { pool, oidc } = new SignIn(this, 'SignIn');
    new CfnOutput(this, 'UserPool', { value: pool.userPoolId });
    new CfnOutput(this, 'UserPoolClient', { value: oidc.audience });
    return oidc;
  }

  #acknowledge(): void {
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-SF1',
      reason: 'Step Functions keeps the history of every execution; only errors are logged besides.',
    });
  }
}

/** `arn:aws:kms:ap-southeast-1:123456789012:key/mrk-` and 32 characters, the name of a table or a bucket: none is longer. */
const longestArn = 150;

function environmentOf(
  settings: Settings,
  { table, blobs, webFiles, keys, queue, machine }: Omit<Parts, 'function'>,
  publicUrl: string,
): FunctionEnvironment {
  const { oidc } = settings;
  const always = {
    [envNames.table]: table.table.tableName,
    [envNames.bucket]: blobs.bucket.bucketName,
    [envNames.webBucket]: webFiles.bucket.bucketName,
    [envNames.queueUrl]: queue.queue.queueUrl,
    [envNames.machineAlias]: machine.alias,
    [envNames.secretPrefix]: secretPrefix(settings.name),
    [envNames.signingKey]: keys.signing.keyArn,
    [envNames.macKey]: keys.mac.keyArn,
    [envNames.publicUrl]: publicUrl,
    [envNames.logLevel]: settings.logLevel,
    [envNames.service]: settings.name,
  };
  const sometimes = {
    [envNames.earlierSigningKeys]: settings.earlierSigningKeys,
    [envNames.outboundAllow]: settings.outboundAllow,
    [envNames.reconcile]: settings.reconcile,
    [envNames.oidcIssuer]: oidc?.issuer,
    [envNames.oidcAudience]: oidc?.audience,
    [envNames.oidcGroupsClaim]: oidc?.groupsClaim,
  };
  const environment = {
    ...always,
    ...Object.fromEntries(Object.entries(sometimes).filter(([, value]) => value !== undefined)),
  };
  checkSize(environment);
  return environment;
}

/**
 * Lambda takes 4 KB of names and values: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. What is known
 * only when the stack is deployed is an ARN, or a part of one.
 */
function checkSize(environment: FunctionEnvironment): void {
  const lengthOf = (value: string): number => (Token.isUnresolved(value) ? longestArn : Buffer.byteLength(value));
  const size = Object.entries(environment).reduce((sum, [name, value]) => sum + name.length + lengthOf(value), 0);
  if (size <= 4096) return;
  throw new Error(
    `Settings in the CDK context: functions take 4,096 bytes of settings, these are ${size}; shorten outboundAllow or earlierSigningKeys`,
  );
}

/** CloudWatch takes some numbers of days only. */
function logRetention(days: number): RetentionDays {
  const allowed = Object.values(RetentionDays).filter((value) => typeof value === 'number');
  const found = allowed.find((value) => value === days);
  if (found === undefined) throw new Error(`Settings in the CDK context: logDays is one of ${allowed.join(', ')}`);
  return found;
}

/** Whatever starts a run fetches what it needs, as one of these roles where the account says so. */
function grantFetch(to: WaybillFunction, roles: readonly string[]): void {
  if (roles.length > 0) to.allow(['sts:AssumeRole'], roles);
}
