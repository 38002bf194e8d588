import { describe, expect, it } from 'vitest';
import { readSettings } from './settings.ts';

function settings(env: Record<string, string>) {
  const read = readSettings(env);
  if (read.kind === 'invalid') throw new Error(read.faults.join(' '));
  return read.settings;
}

describe('readSettings', () => {
  it('has a value for everything that is not set, or set to nothing', () => {
    const expected = {
      host: '127.0.0.1',
      port: 8080,
      dataDir: `${process.cwd()}/.waybill`,
      access: {},
      logLevel: 'info',
      deployRoots: [`${process.cwd()}/.waybill/sites`],
      outboundAllow: [],
      reconcileEveryMs: 3_600_000,
    };
    expect(settings({})).toEqual(expected);
    expect(settings({ WAYBILL_PORT: '', WAYBILL_DATA_DIR: ' ', WAYBILL_ADMIN_TOKEN: '' })).toEqual(expected);
  });

  it.each([
    [{ WAYBILL_PORT: '0' }, { port: 0 }],
    [{ WAYBILL_HOST: '[::1]' }, { host: '::1' }],
    [{ WAYBILL_DATA_DIR: '/d' }, { dataDir: '/d', deployRoots: ['/d/sites'] }],
    [{ WAYBILL_DEPLOY_ROOTS: '/a::/b:' }, { deployRoots: ['/a', '/b'] }],
    [{ WAYBILL_DEPLOY_ROOTS: 'sites' }, { deployRoots: [`${process.cwd()}/sites`] }],
    [{ WAYBILL_PUBLIC_URL: 'https://w.example.com/x/' }, { publicUrl: 'https://w.example.com/x' }],
    [{ WAYBILL_LOG_LEVEL: 'WARN' }, { logLevel: 'warn' }],
    [{ WAYBILL_RECONCILE: '15m' }, { reconcileEveryMs: 900_000 }],
    [{ WAYBILL_RECONCILE: 'off' }, { reconcileEveryMs: undefined }],
    [{ WAYBILL_ADMIN_TOKEN: 'x' }, { access: { adminToken: 'x' } }],
    [{ DYNAMODB_ENDPOINT: 'http://localhost:8000' }, { dynamoEndpoint: 'http://localhost:8000' }],
    [
      { WAYBILL_OUTBOUND_ALLOW: '127.0.0.1, hooks.local:99 ,10.0.0.0/8' },
      { outboundAllow: ['127.0.0.1', 'hooks.local:99', '10.0.0.0/8'] },
    ],
  ])('%j', (env, expected) => {
    expect(settings(env)).toMatchObject(expected);
  });

  it.each([
    { WAYBILL_PORT: '65536' },
    { WAYBILL_PORT: '-1' },
    { WAYBILL_RECONCILE: '1m' },
    { WAYBILL_RECONCILE: 'never' },
    { WAYBILL_PORT: '80a' },
    { WAYBILL_PUBLIC_URL: 'w.example.com' },
    { WAYBILL_PUBLIC_URL: 'https://user:pw@w.example.com' },
    { DYNAMODB_ENDPOINT: 'localhost:8000' },
    { WAYBILL_LOG_LEVEL: 'loud' },
    { WAYBILL_OUTBOUND_ALLOW: '10.0.0.0/33' },
    { WAYBILL_OIDC_ISSUER: 'https://id.example.com' },
  ])('refuses %j by the name of the variable', (env) => {
    const read = readSettings(env);
    expect(read.kind === 'invalid' && read.faults).toEqual([expect.stringContaining(Object.keys(env)[0] ?? '')]);
  });

  it('reports every fault at once', () => {
    const read = readSettings({ WAYBILL_PORT: 'x', WAYBILL_LOG_LEVEL: 'x', WAYBILL_OUTBOUND_ALLOW: '/,/' });
    expect(read.kind === 'invalid' && read.faults).toHaveLength(4);
  });
});
