import { expect, it } from 'vitest';
import { envNames } from '../shared/contracts/env.ts';
import { readAwsSettings, readReconcileSettings } from './aws-settings.ts';

const given = {
  [envNames.table]: 'waybill',
  [envNames.queueUrl]: 'https://sqs/q',
  [envNames.bucket]: 'blobs',
  [envNames.webBucket]: 'web',
  [envNames.machineAlias]: 'arn:alias',
  [envNames.secretPrefix]: 'waybill/',
  [envNames.signingKey]: 'arn:sign',
  [envNames.macKey]: 'arn:mac',
  [envNames.publicUrl]: 'https://waybill.example.com/',
};

it('reads what the stack gives', () => {
  expect(readAwsSettings(given)).toEqual({
    ...{ table: 'waybill', queueUrl: 'https://sqs/q', bucket: 'blobs', webBucket: 'web', machineAlias: 'arn:alias' },
    ...{ secretPrefix: 'waybill/', signingKey: 'arn:sign', macKey: 'arn:mac', earlierSigningKeys: [] },
    ...{ publicUrl: 'https://waybill.example.com', logLevel: 'info', service: 'waybill', outboundAllow: [] },
  });
});

it('reads lists', () => {
  const lists = { [envNames.earlierSigningKeys]: 'arn:a, arn:b,', [envNames.outboundAllow]: '10.0.0.0/8,host:5000' };
  expect(readAwsSettings({ ...given, ...lists })).toMatchObject({
    ...{ earlierSigningKeys: ['arn:a', 'arn:b'], outboundAllow: ['10.0.0.0/8', 'host:5000'] },
  });
});

it.each<[Record<string, string>, string]>([
  [{ WAYBILL_TABLE: '' }, 'WAYBILL_TABLE is not set.'],
  [{ WAYBILL_LOG_LEVEL: 'loud' }, 'WAYBILL_LOG_LEVEL is one of debug, info, warn, error, silent, not "loud".'],
  [{ WAYBILL_OUTBOUND_ALLOW: 'a b' }, 'WAYBILL_OUTBOUND_ALLOW: "a b" is no host, host:port or CIDR.'],
  [{ WAYBILL_BUCKET: ' ', WAYBILL_MAC_KEY: '' }, 'WAYBILL_BUCKET is not set. WAYBILL_MAC_KEY is not set.'],
])('refuses %j and says so', (wrong, message) => {
  expect(() => readAwsSettings({ ...given, ...wrong })).toThrow(message);
});

it.each([
  [undefined, 3_600_000],
  ['off', 3_600_000],
  ['15m', 900_000],
])('WAYBILL_RECONCILE %s is every %i ms', (text, everyMs) => {
  expect(readReconcileSettings({ [envNames.reconcile]: text })).toEqual({ everyMs });
});

it('refuses another WAYBILL_RECONCILE and says what it may be', () => {
  expect(() => readReconcileSettings({ [envNames.reconcile]: '1m' })).toThrow('a duration from 5m to 7d, or off');
});
