import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { envNames } from '../shared/contracts/env.ts';
import { coldStartMetric, metricsNamespace, serviceMetrics } from '../shared/contracts/service-metrics.ts';
import { tableIndexes } from '../shared/contracts/table-keys.ts';
import { stateMachine } from '../shared/machine/state-machine.ts';
import { bridgeSources } from '../shared/receivers/bridge-events.ts';
import { functionNames } from './functions.ts';
import { readSettings } from './settings.ts';
import { WaybillStack } from './stack.ts';

const cdkJson: { context: Record<string, unknown> } = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'cdk.json'), 'utf8'),
);

/** Without bundling: the code is not what is looked at. */
function stackOf(context: Record<string, unknown> = {}): { readonly app: App; readonly stack: WaybillStack } {
  const app = new App({ context: { ...cdkJson.context, ...context } });
  const settings = readSettings(app.node);
  const codeOf = (name: string): Code => Code.fromInline(`// ${name}`);
  return { app, stack: new WaybillStack(app, settings.name, { settings, codeOf }) };
}

const { stack } = stackOf();
const template = Template.fromStack(stack);

type Resource = { readonly Properties: Record<string, unknown>; readonly DeletionPolicy?: string };
const resources = (type: string): [string, Resource][] =>
  Object.entries(template.findResources(type)) as [string, Resource][];

interface LabelledMetric {
  readonly MetricStat: {
    readonly Metric: { readonly MetricName: string; readonly Dimensions: readonly { readonly Value: unknown }[] };
  };
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

function statements(): { readonly policy: string; readonly statement: Statement }[] {
  return resources('AWS::IAM::Policy').flatMap(([policy, { Properties }]) =>
    (Properties.PolicyDocument as { Statement: Statement[] }).Statement.map((statement) => ({ policy, statement })),
  );
}

const actionsOf = (name: string): string[] => {
  const prefix = name.replaceAll('-', '');
  return statements()
    .filter(({ policy }) => policy.toLowerCase().startsWith(`${prefix}role`))
    .flatMap(({ statement }) => statement.Action)
    .toSorted();
};

describe('roles that steps may take', () => {
  const role = 'arn:aws:iam::123456789012:role/waybill-deploy';
  const assumed = (context: Record<string, unknown>) =>
    Object.values(Template.fromStack(stackOf(context).stack).findResources('AWS::IAM::Policy')).flatMap(
      ({ Properties }) =>
        (Properties.PolicyDocument as { Statement: Statement[] }).Statement.filter(({ Action }) =>
          [Action].flat().includes('sts:AssumeRole'),
        ),
    );

  it('are none unless they are named', () => {
    expect(assumed({})).toEqual([]);
  });

  it('are those that are named, for the function that runs steps', () => {
    expect(assumed({ deployRoles: `${role}, ${role}-eu` })).toMatchObject([{ Resource: [role, `${role}-eu`] }]);
  });

  it('to fetch as go to what starts runs', () => {
    const once = { Resource: role };
    expect(assumed({ fetchRoles: role })).toMatchObject([once, once, once]);
  });

  it('are ARNs', () => {
    expect(() => stackOf({ deployRoles: '*' })).toThrow('deployRoles are arn:aws:iam');
    expect(() => stackOf({ fetchRoles: 'x' })).toThrow('fetchRoles are arn:aws:iam');
  });
});

describe('functions', () => {
  it('are those of functions/, on arm64 and Node 24', () => {
    const ours = resources('AWS::Lambda::Function').filter(([, { Properties }]) => Properties.Runtime === 'nodejs24.x');
    const named = ours.map(([, { Properties }]) => (Properties.Code as { ZipFile: string }).ZipFile.slice(3));
    expect(named.toSorted()).toEqual(functionNames.toSorted());
    for (const [, { Properties }] of ours)
      expect(Properties).toMatchObject({ Architectures: ['arm64'], Handler: 'index.handler' });
    expect(resources('AWS::Lambda::Function')).toHaveLength(functionNames.length);
  });

  it('know only settings of the contract, and no secret', () => {
    const names: readonly string[] = Object.values(envNames);
    for (const [, { Properties }] of resources('AWS::Lambda::Function')) {
      const { Variables } = Properties.Environment as { Variables: Record<string, unknown> };
      expect(Object.keys(Variables).filter((name) => !names.includes(name))).toEqual([]);
      expect(Object.keys(Variables)).toEqual(expect.arrayContaining([envNames.table, envNames.machineAlias]));
    }
  });

  it('are told at most 4 KB, at the longest settings', () => {
    const keys = Array.from({ length: 5 }, () => `arn:aws:kms:ap-southeast-1:123456789012:key/${'k'.repeat(36)}`);
    const context = {
      ...{ name: 'n'.repeat(32), account: '123456789012', region: 'ap-southeast-1', reconcile: '99999m' },
      ...{ outboundAllow: '10.0.0.0/8,'.repeat(50), earlierSigningKeys: keys.join(',') },
      ...{ oidcIssuer: `https://${'i'.repeat(200)}.example.com`, oidcAudience: 'a'.repeat(200) },
    };
    for (const { Properties } of Object.values(
      Template.fromStack(stackOf(context).stack).findResources('AWS::Lambda::Function'),
    )) {
      const { Variables } = Properties.Environment as { Variables: Record<string, unknown> };
      expect(JSON.stringify(Variables).length).toBeLessThan(4096);
    }
  });

  it('keep their logs for a set time', () => {
    const groups = resources('AWS::Logs::LogGroup');
    expect(groups).toHaveLength(functionNames.length + 2);
    for (const [, { Properties }] of groups) expect(Properties.RetentionInDays).toBe(30);
  });

  it('run as long as the machine waits for them, and the queue hides messages for six times as long', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { Code: { ZipFile: '// run-node' }, Timeout: 900 });
    template.hasResourceProperties('AWS::Lambda::Function', { Code: { ZipFile: '// process-delivery' }, Timeout: 60 });
    template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 360, RedrivePolicy: Match.anyValue() });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: 10,
    });
  });
});

const pull = ['ecr:BatchGetImage', 'ecr:GetAuthorizationToken', 'ecr:GetDownloadUrlForLayer'];

describe('rights', () => {
  it('name every action', () => {
    const actions = statements().flatMap(({ statement }) => statement.Action);
    expect(actions.length).toBeGreaterThan(20);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('go to no managed policy', () => {
    for (const [, { Properties }] of resources('AWS::IAM::Role')) expect(Properties.ManagedPolicyArns).toBeUndefined();
  });

  it('name every resource but what knows none', () => {
    const all = statements().filter(({ statement }) => statement.Resource === '*');
    const named = all.map(({ policy, statement }) => [
      policy.replace(/(RoleDefaultPolicy)?[0-9A-F]{8}$/, ''),
      statement,
    ]);
    const traces = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
    const allowed = (...Action: string[]) => ({ Action, Effect: 'Allow', Resource: '*' });
    const fetching = ['api', 'processdelivery', 'reconcile', 'runnode'];
    const others = ['finishexecution', 'receivewebhook', 'retention', 'sweep'];
    expect(named.toSorted()).toEqual(
      [
        ['Machine', expect.anything()],
        ...fetching.map((name) => [name, allowed('ecr:GetAuthorizationToken', ...traces)]),
        ...others.map((name) => [name, allowed(...traces)]),
      ].toSorted(),
    );
  });

  it('to read images go to those that fetch, to push them to steps, and end at this account', () => {
    const ecr = statements().filter(({ statement }) =>
      [statement.Action].flat().some((one) => /^ecr:(?!Get.*Token)/.test(one)),
    );
    const account = {
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':ecr:*:', { Ref: 'AWS::AccountId' }, ':repository/*']],
    };
    expect(ecr.map(({ policy, statement }) => [policy.replace(/RoleDefaultPolicy.*/, ''), statement.Action])).toEqual([
      ['api', ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']],
      ['processdelivery', ['ecr:BatchGetImage', 'ecr:DescribeImageScanFindings', 'ecr:GetDownloadUrlForLayer']],
      [
        'runnode',
        [
          'ecr:BatchCheckLayerAvailability',
          'ecr:BatchGetImage',
          'ecr:CompleteLayerUpload',
          'ecr:DescribeImages',
          'ecr:GetDownloadUrlForLayer',
          'ecr:InitiateLayerUpload',
          'ecr:PutImage',
          'ecr:UploadLayerPart',
        ],
      ],
      ['reconcile', ['ecr:BatchGetImage', 'ecr:DescribeImages', 'ecr:GetDownloadUrlForLayer']],
    ]);
    for (const { statement } of ecr) expect(statement.Resource).toEqual(account);
  });

  it.each<[string, string[]]>([
    ['receive-webhook', ['secretsmanager:GetSecretValue', 'sqs:SendMessage']],
    [
      'process-delivery',
      [
        ...[...pull, 'ecr:DescribeImageScanFindings'].sort(),
        'secretsmanager:GetSecretValue',
        'states:SendTaskSuccess',
        'states:StartExecution',
      ],
    ],
    ['reconcile', [...[...pull, 'ecr:DescribeImages'].sort(), 'secretsmanager:GetSecretValue', 'sqs:SendMessage']],
    ['retention', []],
    [
      'api',
      [
        ...[
          ...pull,
          'kms:GenerateMac',
          'kms:GetPublicKey',
          'secretsmanager:CreateSecret',
          'secretsmanager:DeleteSecret',
        ],
        ...['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'sqs:SendMessage'],
        ...['states:DescribeExecution', 'states:SendTaskSuccess', 'states:StartExecution', 'states:StopExecution'],
      ],
    ],
  ])('of %s are no more than it needs', (name, expected) => {
    const common =
      /^(dynamodb|s3|logs|xray):|^sqs:(ReceiveMessage|ChangeMessageVisibility|GetQueueUrl|DeleteMessage|GetQueueAttributes)$/;
    expect(actionsOf(name).filter((action) => !common.test(action))).toEqual(expected);
  });

  it('hold neither scans nor tables to be made', () => {
    const actions = statements().flatMap(({ statement }) => statement.Action);
    expect(new Set(actions.filter((action) => action.startsWith('dynamodb:')))).toEqual(
      new Set(
        ['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
          (action) => `dynamodb:${action}`,
        ),
      ),
    );
  });
});

describe('stores', () => {
  it('has the table that the adapter expects', () => {
    template.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Retain',
      Properties: {
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        GlobalSecondaryIndexes: tableIndexes.map(({ name, partition, sort }) => ({
          IndexName: name,
          KeySchema: [
            { AttributeName: partition, KeyType: 'HASH' },
            { AttributeName: sort, KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        })),
        Replicas: [
          Match.objectLike({
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          }),
        ],
      },
    });
  });

  it('uses a restored table instead of its own where one is named', () => {
    const made = Template.fromStack(stackOf({ restoredTable: 'waybill-restored' }).stack);
    made.resourceCountIs('AWS::DynamoDB::GlobalTable', 0);
    made.allResourcesProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ WAYBILL_TABLE: 'waybill-restored' }) },
    });
    const policies = JSON.stringify(made.findResources('AWS::IAM::Policy'));
    expect(policies).toContain('table/waybill-restored/index/gsi1');
  });

  it('keeps the files of the dashboard apart from all that functions write; the API function alone reads them', () => {
    const [[id, bucket] = ['', undefined], ...others] = resources('AWS::S3::Bucket').filter(([name]) =>
      name.startsWith('WebFiles'),
    );
    expect(others).toEqual([]);
    expect(bucket).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: {
        PublicAccessBlockConfiguration: {
          ...{ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        },
        BucketEncryption: expect.anything(),
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: { Rules: [{ NoncurrentVersionExpiration: { NoncurrentDays: 30 }, Status: 'Enabled' }] },
      },
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: id },
      PolicyDocument: Match.objectLike({
        Statement: [Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      }),
    });
    const own = statements().filter(({ statement }) => JSON.stringify(statement.Resource).includes(`"${id}"`));
    expect(own.map(({ statement }) => statement.Action).toSorted()).toEqual(['s3:GetObject', 's3:ListBucket']);
    expect(own.every(({ policy }) => policy.startsWith('apiRole'))).toBe(true);
    template.hasOutput('WebBucket', { Value: { Ref: id } });
  });

  it('keeps blobs from the public, and proofs verifiable after the stack is gone', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: { PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true } },
    });
    template.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      Properties: { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    });
    template.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      Properties: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    });
  });
});

describe('events', () => {
  const toTheQueue = resources('AWS::Events::Rule').filter(([id]) => id.startsWith('Events'));

  it('of images, scans and builds go straight to the queue', () => {
    expect(toTheQueue).toHaveLength(5);
    for (const [, { Properties }] of toTheQueue) {
      expect(Properties.Targets).toEqual([
        expect.objectContaining({ Arn: { 'Fn::GetAtt': [expect.stringMatching(/^EventsQueue/), 'Arn'] } }),
      ]);
    }
    const policies = resources('AWS::SQS::QueuePolicy').filter(([id]) => id.startsWith('EventsQueue'));
    const sent = policies.flatMap(([, { Properties }]) =>
      (Properties.PolicyDocument as { Statement: (Statement & { Condition?: object })[] }).Statement.filter(
        ({ Effect, Action }) => Effect === 'Allow' && [Action].flat().includes('sqs:SendMessage'),
      ),
    );
    expect(sent).toHaveLength(5);
    for (const { Condition } of sent) expect(JSON.stringify(Condition)).toContain('aws:SourceArn');
  });

  it('are let through where a parser reads them, and nothing else is', () => {
    const patterns = toTheQueue.map(([, { Properties }]) => Properties.EventPattern as Record<string, string[]>);
    const told = patterns.flatMap((one) => (one['detail-type'] ?? []).map((type) => `${one.source}: ${type}`));
    const read = Object.entries(bridgeSources).flatMap(([source, { parsers }]) =>
      Object.keys(parsers).map((type) => `${source}: ${type}`),
    );
    expect(told.toSorted()).toEqual(read.toSorted());
  });

  it('of Inspector are those of images, of builds those that ended', () => {
    const details = toTheQueue.map(([, { Properties }]) => (Properties.EventPattern as { detail?: object }).detail);
    expect(details.filter((detail) => detail !== undefined)).toEqual(
      expect.arrayContaining([
        { 'repository-name': [{ prefix: 'arn:' }] },
        { status: ['ACTIVE'], resources: { type: ['AWS_ECR_CONTAINER_IMAGE'] } },
        { 'build-status': [{ 'anything-but': ['IN_PROGRESS'] }] },
        { state: ['SUCCEEDED', 'FAILED', 'STOPPED', 'CANCELED'] },
      ]),
    );
  });

  it('of machines that did not succeed go to finish-execution', () => {
    const [rule] = resources('AWS::Events::Rule').filter(([id]) => id.startsWith('finishexecution'));
    expect(rule?.[1].Properties).toMatchObject({
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: [expect.anything()] },
      },
      Targets: [{ Arn: { 'Fn::GetAtt': [expect.stringMatching(/^finishexecutionFunction/), 'Arn'] } }],
    });
  });

  it('only retention removes objects, and only content', () => {
    const removing = statements().filter(({ statement }) => [statement.Action].flat().includes('s3:DeleteObject'));
    expect(removing.map(({ policy }) => policy.replace(/RoleDefaultPolicy.*/, ''))).toEqual(['retention']);
    expect(JSON.stringify(removing[0]?.statement.Resource)).toContain('/content/*');
  });

  it.each<[string, string, string]>([
    ['rate(1 minute)', 'sweep', 'ENABLED'],
    ['rate(5 minutes)', 'reconcile', 'ENABLED'],
    ['rate(1 hour)', 'retention', 'ENABLED'],
  ])('of the clock, %s, call %s', (ScheduleExpression, name, State) => {
    const arn = { 'Fn::GetAtt': [expect.stringMatching(new RegExp(`^${name}Function`)), 'Arn'] };
    const schedules = resources('AWS::Scheduler::Schedule').map(([, { Properties }]) => Properties);
    const found = schedules.find((one) => one.ScheduleExpression === ScheduleExpression);
    expect(found).toMatchObject({ State, Target: { Arn: arn, RetryPolicy: { MaximumRetryAttempts: 0 } } });
  });

  it('of the clock may call one function, and come from this account', () => {
    const roles = resources('AWS::IAM::Role').filter(([, { Properties }]) =>
      JSON.stringify(Properties.AssumeRolePolicyDocument).includes('scheduler.amazonaws.com'),
    );
    expect(roles).toHaveLength(3);
    for (const [, { Properties }] of roles) {
      expect(JSON.stringify(Properties.AssumeRolePolicyDocument)).toMatch(/aws:SourceAccount.*aws:SourceArn/);
    }
    const calling = statements().filter(({ statement }) => [statement.Action].flat().includes('lambda:InvokeFunction'));
    for (const { statement } of calling) expect(JSON.stringify(statement.Resource)).not.toContain('*');
  });

  it('of registries are compared by no clock where that is switched off', () => {
    const made = Template.fromStack(stackOf({ reconcile: 'off' }).stack);
    made.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(5 minutes)',
      State: 'DISABLED',
    });
  });

  it('are never dropped: every target and every queue that is read has dead letters', () => {
    const rules = resources('AWS::Events::Rule');
    expect(rules).toHaveLength(6);
    for (const [, { Properties }] of rules) {
      for (const target of Properties.Targets as object[]) expect(target).toHaveProperty('DeadLetterConfig.Arn');
    }
    const schedules = resources('AWS::Scheduler::Schedule');
    expect(schedules).toHaveLength(3);
    for (const [, { Properties }] of schedules) expect(Properties.Target).toHaveProperty('DeadLetterConfig.Arn');
    template.hasResourceProperties('AWS::Lambda::Function', {
      Code: { ZipFile: '// finish-execution' },
      DeadLetterConfig: { TargetArn: Match.anyValue() },
    });
    const queues = resources('AWS::SQS::Queue');
    expect(queues.filter(([id]) => !id.includes('Dead')).map(([, { Properties }]) => Properties.RedrivePolicy)).toEqual(
      [{ deadLetterTargetArn: expect.anything(), maxReceiveCount: 10 }],
    );
  });
});

describe('the state machine', () => {
  it('is the one of shared/machine, byte for byte', () => {
    const [[, machine] = []] = resources('AWS::StepFunctions::StateMachine');
    const { DefinitionString, DefinitionSubstitutions, StateMachineName } = machine?.Properties ?? {};
    expect(DefinitionString).toBe(JSON.stringify(stateMachine({ run: '${Run}', park: '${Run}' })));
    expect(DefinitionSubstitutions).toEqual({
      Run: { 'Fn::GetAtt': [expect.stringMatching(/^runnodeFunction/), 'Arn'] },
    });
    expect(StateMachineName).toBe('waybill');
  });

  it('is published: a version that stays, and an alias to start by', () => {
    template.hasResource('AWS::StepFunctions::StateMachineVersion', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { StateMachineRevisionId: Match.anyValue() },
    });
    template.hasResourceProperties('AWS::StepFunctions::StateMachineAlias', { Name: 'live' });
  });
});

describe('the entrance', () => {
  it('limits the rate and logs neither path nor query', () => {
    const [[, stage] = []] = resources('AWS::ApiGatewayV2::Stage');
    expect(stage?.Properties).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
    });
    const format = JSON.stringify(stage?.Properties.AccessLogSettings);
    expect(format).toContain('$context.routeKey');
    expect(format).not.toMatch(/path|query|identity/i);
  });

  it('leads hooks to their own function and the rest to the API', () => {
    const routes = resources('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties.RouteKey);
    expect(routes.toSorted()).toEqual(['ANY /', 'ANY /{proxy+}', 'OPTIONS /v1/hooks/{id}', 'POST /v1/hooks/{id}']);
  });
});

describe('alarms', () => {
  const alarms = resources('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
  const topic = 'arn:aws:sns:eu-west-1:123456789012:ops';

  it('watch every function and every queue of dead letters', () => {
    const dead = resources('AWS::SQS::Queue').filter(([id]) => id.includes('Dead'));
    // A metric with a label is written in another form than one without.
    const metrics = alarms.map((alarm) => (alarm.Metrics as LabelledMetric[] | undefined)?.[0]?.MetricStat.Metric);
    const watching = (metric: string) =>
      metrics.filter((one) => one?.MetricName === metric).map((one) => one?.Dimensions[0]?.Value);
    const named = ([id]: [string, Resource]) => ({ 'Fn::GetAtt': [id, 'QueueName'] });
    expect(watching('ApproximateNumberOfMessagesVisible')).toEqual(expect.arrayContaining(dead.map(named)));
    expect(watching('ApproximateNumberOfMessagesVisible')).toHaveLength(dead.length);
    expect(watching('Errors')).toEqual(
      expect.arrayContaining(resources('AWS::Lambda::Function').map(([id]) => ({ Ref: id }))),
    );
  });

  const service = [{ Name: 'service', Value: 'waybill' }];

  it.each([
    ['DigestMismatches', 0],
    ['OldestPendingDelivery', 600_000],
    ['DeliveriesFailed', 0],
    ['FailedRequests', 5],
  ])('watch %s, as the functions write it', (MetricName, Threshold) => {
    const wanted = { Namespace: metricsNamespace, MetricName, Threshold, Dimensions: service };
    expect(alarms).toEqual(expect.arrayContaining([expect.objectContaining(wanted)]));
  });

  it('watch the age of messages, and have no filters over logs', () => {
    const wanted = { MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 900 };
    expect(alarms).toEqual(expect.arrayContaining([expect.objectContaining(wanted)]));
    template.resourceCountIs('AWS::Logs::MetricFilter', 0);
  });

  it('and the dashboard know every metric that functions write, by its name, and no other', () => {
    const [[, dashboard] = []] = resources('AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    const shown = [...body.matchAll(/\\"Waybill\\",\\"(\w+)\\"/g)].map(([, name]) => name);
    const written = [...Object.values(serviceMetrics).map(({ name }) => name), coldStartMetric];
    expect([...new Set(shown)].toSorted()).toEqual(written.toSorted());
    const watched = alarms.filter(({ Namespace }) => Namespace === metricsNamespace);
    for (const { MetricName } of watched) expect(written).toContain(MetricName);
  });

  it('go by a name that the functions are told', () => {
    template.allResourcesProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ WAYBILL_SERVICE: 'waybill' }) },
    });
  });

  it('tell the topic that is named, and nobody otherwise', () => {
    for (const { AlarmActions } of alarms) expect(AlarmActions).toBeUndefined();
    const told = Template.fromStack(stackOf({ alarmTopic: topic }).stack);
    told.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [topic] });
  });

  it('and the rest are on one page', () => {
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    template.hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: 'waybill' });
  });
});

describe('a user pool', () => {
  it('is made only where it is asked for', () => {
    template.resourceCountIs('AWS::Cognito::UserPool', 0);
  });

  it('is the issuer whose tokens the functions take', () => {
    const made = Template.fromStack(stackOf({ cognito: 'true', region: 'eu-west-1' }).stack);
    const pool = Object.keys(made.findResources('AWS::Cognito::UserPool'))[0];
    const client = Object.keys(made.findResources('AWS::Cognito::UserPoolClient'))[0];
    made.hasResource('AWS::Cognito::UserPool', {
      DeletionPolicy: 'Retain',
      Properties: { MfaConfiguration: 'ON', DeletionProtection: 'ACTIVE' },
    });
    made.allResourcesProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          WAYBILL_OIDC_ISSUER: {
            'Fn::Join': ['', ['https://cognito-idp.eu-west-1.', { Ref: 'AWS::URLSuffix' }, '/', { Ref: pool }]],
          },
          WAYBILL_OIDC_AUDIENCE: { Ref: client },
          WAYBILL_OIDC_GROUPS_CLAIM: 'cognito:groups',
        }),
      },
    });
  });
});

describe('the AwsSolutions and Serverless rules', () => {
  const checked = (change: (stack: WaybillStack) => void, context = {}): (() => unknown) => {
    const made = stackOf(context);
    change(made.stack);
    Validations.of(made.app).addPlugins(new AwsSolutionsChecks(made.app), new ServerlessChecks(made.app));
    return () => made.app.synth();
  };

  it('are kept, or each exception has its reason', () => {
    expect(checked(() => undefined)).not.toThrow();
  });

  it('are kept with a user pool and a topic, too', () => {
    const context = { cognito: 'true', alarmTopic: 'arn:aws:sns:eu-west-1:123456789012:ops' };
    expect(checked(() => undefined, context)).not.toThrow();
  });

  it.each(['AwsSolutions-SQS4', 'Serverless-SQSRedrivePolicy'])('are really asked, %s', (rule) => {
    expect(checked((made) => new Queue(made, 'Plain', { enforceSSL: false }))).toThrow(rule);
  });
});

describe('settings', () => {
  it('of an installation come from the context', () => {
    const { stack: other } = stackOf({
      ...{ name: 'way-eu', account: '123456789012', region: 'eu-west-1', rate: '10', burst: '20', logDays: '7' },
      ...{ oidcIssuer: 'https://id.example.com', oidcAudience: 'waybill', outboundAllow: '10.0.0.0/8' },
    });
    expect([other.stackName, other.region, other.account]).toEqual(['way-eu', 'eu-west-1', '123456789012']);
    const made = Template.fromStack(other);
    made.hasResourceProperties('AWS::StepFunctions::StateMachine', { StateMachineName: 'way-eu' });
    made.allResourcesProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          WAYBILL_OIDC_ISSUER: 'https://id.example.com',
          WAYBILL_OIDC_AUDIENCE: 'waybill',
          WAYBILL_OUTBOUND_ALLOW: '10.0.0.0/8',
          WAYBILL_SECRET_PREFIX: 'way-eu/',
        }),
      },
    });
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ name: 'Way_EU' }, /name is/],
    [{ rate: '0' }, /rate is a whole number/],
    [{ rate: 'many', burst: 1.5 }, /rate is .*; burst is/],
    [{ oidcIssuer: 'https://id.example.com' }, /oidcIssuer and oidcAudience/],
    [{ cognito: 'yes' }, /cognito is true or false/],
    [{ cognito: 'true', oidcIssuer: 'https://a.example', oidcAudience: 'a' }, /leave oidcIssuer out/],
    [{ alarmTopic: 'ops' }, /alarmTopic is arn:aws:sns/],
    [{ outboundAllow: 'host.example.com,'.repeat(200) }, /functions take 4,096 bytes/],
    [{ restoredTable: 'a b' }, /restoredTable is the name of a table/],
    [{ logDays: 8 }, /logDays is one of 1, 3, 5, 7/],
  ])('%j are refused', (context, message) => {
    expect(() => stackOf(context)).toThrow(message);
  });
});
