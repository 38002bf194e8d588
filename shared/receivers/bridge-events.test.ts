import { describe, expect, it } from 'vitest';
import { parseCall } from '../../test/fixtures/parse-call.ts';
import type { BridgeEvent } from '../domain/bridge-event.ts';
import type { JsonObject } from '../domain/json.ts';
import { findBridgeSource, parseBridgeEvent } from './bridge-events.ts';
import { buildSettings } from './build-mapping.ts';
import { eventbridge } from './eventbridge.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const at = Date.UTC(2026, 10, 20, 10);
const event = (source: string, detailType: string, detail: unknown): BridgeEvent => ({
  id: 'e1',
  source,
  'detail-type': detailType,
  account: '123456789012',
  region: 'eu-west-1',
  time: '2026-11-20T10:00:00Z',
  detail,
});
const parse = (given: BridgeEvent, settings: JsonObject = {}) => {
  const source = findBridgeSource(given);
  return source && parseBridgeEvent(source, given, buildSettings.parse(settings));
};
const nothing = { kind: 'events', events: [], key: 'e1' };

describe('the table', () => {
  it.each([
    ['aws.ecr', 'ecr'],
    ['aws.inspector2', 'inspector2'],
    ['aws.codebuild', 'codebuild'],
    ['aws.codepipeline', 'codepipeline'],
    ['aws.s3', undefined],
    ['constructor', undefined],
  ])('%s is recorded under %s', (source, reporter) => {
    expect(findBridgeSource(event(source, 'x', {}))?.reporter).toBe(reporter);
    const parsed = parseCall(eventbridge, event(source, 'x', {}));
    expect(parsed).toEqual(reporter === undefined ? nothing : { ...nothing, reporter });
  });

  it.each([
    ['aws.ecr', 'ECR Referrer Action'],
    ['aws.ecr', 'ECR Pull Through Cache Action'],
    ['aws.ecr', 'ECR Scan Resource Change'],
    ['aws.inspector2', 'Inspector2 Coverage'],
    ['aws.codepipeline', 'CodePipeline Stage Execution State Change'],
    ['aws.codepipeline', 'CodePipeline Action Execution State Change'],
    ['aws.codebuild', 'CodeBuild Build Phase Change'],
    ['aws.codebuild', 'toString'],
  ])('%s: %s says nothing to us', (source, detailType) => {
    expect(parse(event(source, detailType, { 'build-status': 'SUCCEEDED' }))).toEqual(nothing);
  });
});

describe('ECR Replication Action', () => {
  const copy = (detail: object) =>
    event('aws.ecr', 'ECR Replication Action', {
      'action-type': 'REPLICATE',
      result: 'SUCCESS',
      'repository-name': 'team/shop',
      'image-digest': digest,
      'image-tag': '1.0',
      ...detail,
    });
  it.each([
    [{}, [{ kind: 'push', repository: `${host}/team/shop`, tag: '1.0', digest, at }]],
    [{ 'image-tag': null }, [{ kind: 'push', repository: `${host}/team/shop`, digest, at }]],
    [{ result: 'FAILED' }, []],
    [{ 'action-type': 'OTHER' }, []],
  ])('%j', (detail, events) => {
    expect(parse(copy(detail))).toEqual({ kind: 'events', key: 'e1', events });
  });

  it.each([
    [{ 'image-digest': 'sha256:abc' }, 'image-digest'],
    [{ 'image-digest': null }, 'image-digest'],
    [{ 'repository-name': 'A/../b' }, 'make no repository'],
    [{ 'repository-name': 7 }, 'detail.repository-name'],
  ])('names what is wrong with %j', (detail, names) => {
    expect(parse(copy(detail))).toMatchObject({ kind: 'malformed', message: expect.stringContaining(names) });
  });
});

describe('Inspector2 Scan', () => {
  const arn = 'arn:aws:ecr:eu-west-1:123456789012:repository/team/shop';
  const scan = (detail: object) =>
    event('aws.inspector2', 'Inspector2 Scan', {
      'scan-status': 'INITIAL_SCAN_COMPLETE',
      'repository-name': arn,
      'image-digest': digest,
      'image-tags': ['1.0'],
      'finding-severity-counts': { CRITICAL: 0, HIGH: 2, MEDIUM: 1, TOTAL: 3 },
      ...detail,
    });
  const base = { kind: 'scan', repository: `${host}/team/shop`, digest, at, status: 'complete' };
  it.each([
    [{}, { ...base, tag: '1.0', severities: { critical: 0, high: 2, medium: 1 } }],
    [{ 'image-tags': ['1', '2'] }, { ...base, severities: { critical: 0, high: 2, medium: 1 } }],
    [
      { 'image-tags': [], 'finding-severity-counts': { TOTAL: 4, HIGH: 1 } },
      { ...base, severities: { high: 1, low: 3 } },
    ],
    [
      { 'image-tags': null, 'finding-severity-counts': { TOTAL: 4, LOW: 1 } },
      { ...base, severities: { low: 4 } },
    ],
    [
      { 'image-tags': [], 'finding-severity-counts': {} },
      { ...base, severities: {} },
    ],
    [
      { 'image-tags': [], 'finding-severity-counts': null },
      { ...base, severities: {}, uncounted: true },
    ],
    [
      {
        'image-tags': [],
        'repository-name': 'arn:aws-cn:ecr:cn-north-1:210987654321:repository/shop',
        'finding-severity-counts': {},
      },
      { ...base, repository: '210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn/shop', severities: {} },
    ],
  ])('%j', (detail, expected) => {
    expect(parse(scan(detail))).toEqual({ kind: 'events', key: 'e1', events: [expected] });
  });

  it.each([
    ['an instance', { 'repository-name': undefined, 'instance-id': 'i-1' }],
    ['a name that is no ARN', { 'repository-name': 'team/shop' }],
    ['an ARN of something else', { 'repository-name': 'arn:aws:lambda:eu-west-1:123456789012:function/x' }],
    ['another status', { 'scan-status': 'SCANNING' }],
  ])('of %s is of no interest', (_, detail) => {
    expect(parse(scan(detail))).toEqual(nothing);
  });

  it.each([
    [{ 'image-digest': 'x' }, 'image-digest'],
    [{ 'finding-severity-counts': { HIGH: -1 } }, 'finding-severity-counts.HIGH'],
  ])('names what is wrong with %j', (detail, names) => {
    expect(parse(scan(detail))).toMatchObject({ kind: 'malformed', message: expect.stringContaining(names) });
  });
});

describe('Inspector2 Finding', () => {
  const image = { registry: '123456789012', repositoryName: 'team/shop', imageHash: digest };
  const resource = { type: 'AWS_ECR_CONTAINER_IMAGE', details: { awsEcrContainerImage: image } };
  const finding = (detail: object) =>
    event('aws.inspector2', 'Inspector2 Finding', {
      severity: 'HIGH',
      status: 'ACTIVE',
      resources: [resource],
      ...detail,
    });

  it('is marked as one, and no verdict of its own', () => {
    const scan = { kind: 'scan', repository: `${host}/team/shop`, digest, at, status: 'complete', finding: true };
    expect(parse(finding({}))).toEqual({ kind: 'events', key: 'e1', events: [{ ...scan, severities: { high: 1 } }] });
  });

  it.each([
    ['YES', { total: 1, fixable: 1 }],
    ['PARTIAL', { total: 1, fixable: 1 }],
    ['NO', { total: 1, fixable: 0 }],
    [null, 1],
    ['MAYBE', 1],
  ])('with a fix %s counts %j', (fixAvailable, count) => {
    expect(parse(finding({ fixAvailable }))).toMatchObject({ events: [{ severities: { high: count } }] });
  });

  it.each([
    ['that was suppressed', { status: 'SUPPRESSED' }],
    ['that was closed', { status: 'CLOSED' }],
    ['of an instance', { resources: [{ type: 'AWS_EC2_INSTANCE', details: { awsEc2Instance: {} } }] }],
    ['without details', { resources: [{ type: 'AWS_ECR_CONTAINER_IMAGE', details: null }] }],
    ['of nothing', { resources: [] }],
  ])('%s is of no interest', (_, detail) => {
    expect(parse(finding(detail))).toEqual(nothing);
  });

  it.each([
    [
      { resources: [{ ...resource, details: { awsEcrContainerImage: { ...image, imageHash: 'x' } } }] },
      'make no image',
    ],
    [{ resources: 'x' }, 'detail.resources'],
  ])('names what is wrong with %j', (detail, names) => {
    expect(parse(finding(detail))).toMatchObject({ kind: 'malformed', message: expect.stringContaining(names) });
  });
});

describe('CodeBuild', () => {
  const id = 'arn:aws:codebuild:eu-west-1:123456789012:build/shop:8745a7a9-c340';
  const change = (detail: object, information: object = {}) =>
    event('aws.codebuild', 'CodeBuild Build State Change', {
      'build-status': 'SUCCEEDED',
      'project-name': 'shop',
      'build-id': id,
      'additional-information': information,
      ...detail,
    });

  it.each([
    ['SUCCEEDED', ['succeeded']],
    ['FAILED', ['failed']],
    ['FAULT', ['failed']],
    ['TIMED_OUT', ['failed']],
    ['STOPPED', ['failed']],
    ['IN_PROGRESS', []],
  ])('%s is %j', (status, outcomes) => {
    const parsed = parse(change({ 'build-status': status }));
    expect(parsed?.kind === 'events' && parsed.events.map((one) => one.kind === 'build' && one.outcome)).toEqual(
      outcomes,
    );
  });

  const commit = '6dcb09b5b57875f334f61aebed695e2e4193db5e';
  it.each([
    [commit, { revision: commit, branch: undefined }],
    ['refs/heads/a/主', { branch: 'a/主', revision: undefined }],
    [`refs/heads/main^{${commit}}`, { branch: 'main', revision: commit }],
    ['pr/7', { branch: undefined, revision: undefined }],
    ['arn:aws:s3:::bucket/key', { branch: undefined, revision: undefined }],
    [null, { branch: undefined, revision: undefined }],
  ])('of %s', (version, expected) => {
    const parsed = parse(change({}, { 'source-version': version }));
    expect(parsed).toMatchObject({ events: [{ pipeline: 'shop', build: '8745a7a9-c340', ...expected }] });
  });

  it.each([
    ['an exported variable', { 'exported-environment-variables': [{ name: 'TAG', value: '1.0' }] }, '1.0'],
    [
      'one that it was given',
      { environment: { 'environment-variables': [{ name: 'TAG', type: 'PLAINTEXT', value: '2' }] } },
      '2',
    ],
    [
      'both: what was exported',
      {
        environment: { 'environment-variables': [{ name: 'TAG', type: 'PLAINTEXT', value: '2' }] },
        'exported-environment-variables': [{ name: 'TAG', value: '3' }],
      },
      '3',
    ],
    [
      'the name of a secret',
      { environment: { 'environment-variables': [{ name: 'TAG', type: 'SECRETS_MANAGER', value: 'x' }] } },
      undefined,
    ],
    ['the image it ran in', { environment: { image: 'aws/codebuild/standard:7.0' } }, undefined],
  ])('maps %s', (_, information, tag) => {
    const settings = { artifacts: [{ image: 'registry.example.com/shop:${TAG}' }] };
    const reference = `registry.example.com/shop:${tag}`;
    expect(parse(change({}, information), settings)).toMatchObject(
      tag === undefined
        ? { refusals: [{ reason: 'unmappedVariable' }] }
        : { events: [{ artifacts: [{ artifact: { reference } }] }] },
    );
  });

  it('that was a batch is the batch', () => {
    const batch = 'arn:aws-cn:codebuild:cn-north-1:123456789012:build-batch/shop:1b2c';
    expect(parse(change({ 'build-id': batch }))).toMatchObject({ events: [{ build: '1b2c' }] });
  });

  it.each([
    [{ 'build-id': 'shop:1' }, 'build-id'],
    [{ 'project-name': '' }, 'detail.project-name'],
    [{ 'additional-information': 'x' }, 'detail.additional-information'],
  ])('names what is wrong with %j', (detail, names) => {
    expect(parse(change(detail))).toMatchObject({ kind: 'malformed', message: expect.stringContaining(names) });
  });
});

describe('CodePipeline', () => {
  const change = (state: string, version: unknown = 4) =>
    event('aws.codepipeline', 'CodePipeline Pipeline Execution State Change', {
      pipeline: 'shop',
      'execution-id': '1234',
      state,
      version,
    });

  it.each([
    ['SUCCEEDED', ['succeeded']],
    ['FAILED', ['failed']],
    ['STOPPED', ['failed']],
    ['CANCELED', ['failed']],
    ['SUPERSEDED', []],
    ['STARTED', []],
    ['RESUMED', []],
    ['STOPPING', []],
  ])('%s is %j', (state, outcomes) => {
    for (const version of [4, '4', undefined]) {
      const parsed = parse(change(state, version));
      expect(parsed?.kind === 'events' && parsed.events.map((one) => one.kind === 'build' && one.outcome)).toEqual(
        outcomes,
      );
    }
  });

  it('is mapped by the number of its execution', () => {
    const settings = { artifacts: [{ pipeline: 'shop', image: 'registry.example.com/shop:${BUILD}' }] };
    expect(parse(change('SUCCEEDED'), settings)).toMatchObject({
      events: [
        { pipeline: 'shop', build: '1234', artifacts: [{ artifact: { reference: 'registry.example.com/shop:1234' } }] },
      ],
    });
  });
});
