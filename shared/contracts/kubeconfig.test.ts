import { describe, expect, it } from 'vitest';
import { accountInput } from './accounts.ts';
import { readKubeconfig } from './kubeconfig.ts';

const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const data = btoa(pem);

function config(cluster: object, user: object, more: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'a',
    clusters: [{ name: 'c', cluster: { server: 'https://k8s.example.com:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'a', context: { cluster: 'c', user: 'u', namespace: 'x' } }],
    ...more,
  });
}

const token = { token: 't0ken' };

describe('readKubeconfig', () => {
  it.each([
    ['a token', config({}, token), { server: 'https://k8s.example.com:6443', token: 't0ken' }],
    ['an authority', config({ 'certificate-authority-data': data }, token), { ca: pem, token: 't0ken' }],
    [
      'a certificate',
      config({}, { 'client-certificate-data': data, 'client-key-data': data }),
      { cert: pem, key: pem },
    ],
    [
      'the token before the certificate',
      config({}, { ...token, 'client-certificate-data': data, 'client-key-data': data }),
      token,
    ],
    ['no current-context', config({}, token, { 'current-context': undefined }), token],
    [
      'a path',
      config({ server: 'https://rancher.example.com/k8s/c-1' }, token),
      { server: 'https://rancher.example.com/k8s/c-1' },
    ],
    [
      'YAML',
      'clusters: [{name: c, cluster: {server: "https://h"}}]\nusers: [{name: u, user: {token: t}}]\ncontexts: [{name: a, context: {cluster: c, user: u}}]',
      { server: 'https://h' },
    ],
  ])('%s', (_name, text, login) => {
    expect(readKubeconfig(text, { insecure: false })).toMatchObject({ kind: 'ok', login });
  });

  it.each([
    ['exec', config({}, { exec: { command: 'aws' } })],
    ['exec', config({}, { ...token, exec: { command: 'aws' } })],
    ['auth-provider', config({}, { 'auth-provider': { name: 'gcp' } })],
    ['tokenFile', config({}, { tokenFile: '/etc/passwd' })],
    ['client-certificate', config({}, { ...token, 'client-certificate': '/a' })],
    ['client-key', config({}, { ...token, 'client-key': '/a' })],
    ['certificate-authority', config({ 'certificate-authority': '/a' }, token)],
    ['insecure-skip-tls-verify', config({ 'insecure-skip-tls-verify': true }, token)],
    ['proxy-url', config({ 'proxy-url': 'http://p' }, token)],
    ['as', config({}, { ...token, as: 'admin' })],
    ['password', config({}, { username: 'a', password: 'hunter2' })],
  ])('refuses %s by its name', (name, text) => {
    const answer = readKubeconfig(text, { insecure: false });
    expect(answer).toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining(`"${name === 'password' ? 'username' : name}"`),
    });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  it.each([
    ['no YAML', '{'],
    ['another document', 'a: 1'],
    ['another context', config({}, token, { 'current-context': 'b' })],
    ['no user', config({}, token, { users: [] })],
    ['no credentials', config({}, {})],
    ['a certificate without its key', config({}, { 'client-certificate-data': data })],
    ['plain http', config({ server: 'http://k8s.example.com' }, token)],
    ['a user in the address', config({ server: 'https://a:b@k8s.example.com' }, token)],
    ['another scheme', config({ server: 'file:///etc/passwd' }, token)],
    ['data that is no PEM', config({ 'certificate-authority-data': btoa('x') }, token)],
    ['a token with a line break', config({}, { token: 'a\r\nb' })],
    ['a bomb', `a: &a [${'x,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nc: [${'*b,'.repeat(50)}]`],
  ])('refuses %s', (_name, text) => {
    expect(readKubeconfig(text, { insecure: false }).kind).toBe('invalid');
  });

  it('takes plain http where the account says so', () => {
    expect(readKubeconfig(config({ server: 'http://127.0.0.1:8001' }, token), { insecure: true }).kind).toBe('ok');
  });
});

describe('an account of type kubernetes', () => {
  const host = 'k8s.example.com';
  it.each<[string, object, string | undefined]>([
    ['a kubeconfig', { kubeconfig: config({}, token) }, undefined],
    ['a token', { host, token: 't', certificateAuthority: pem }, undefined],
    [
      'EKS',
      { host, eksCluster: 'prod', region: 'eu-west-1', awsAccount: 'prod', certificateAuthority: pem },
      undefined,
    ],
    ['inside', { inCluster: true }, undefined],
    ['nothing', { host }, 'kubeconfig'],
    ['two ways', { host, token: 't', inCluster: true }, 'inCluster'],
    ['a token without host', { token: 't' }, 'host'],
    ['EKS without Region', { host, eksCluster: 'prod' }, 'region'],
    ['EKS without host', { eksCluster: 'prod', region: 'eu-west-1' }, 'host'],
    ['a host beside the kubeconfig', { host, kubeconfig: config({}, token) }, 'host'],
    ['an authority from inside', { inCluster: true, certificateAuthority: pem }, 'certificateAuthority'],
    ['an account of AWS without EKS', { host, token: 't', awsAccount: 'prod' }, 'awsAccount'],
    ['a password', { host, token: 't', username: 'a' }, 'username'],
    ['a kubeconfig that runs something', { kubeconfig: config({}, { exec: {} }) }, 'kubeconfig'],
    ['an authority that is none', { host, token: 't', certificateAuthority: 'x' }, 'certificateAuthority'],
  ])('%s', (_name, given, path) => {
    const read = accountInput.safeParse({ type: 'kubernetes', ...given });
    expect(read.error?.issues.map((issue) => issue.path[0])[0]).toBe(path);
  });

  it.each(['kubeconfig', 'eksCluster', 'awsAccount'])('only it has %s', (field) => {
    const read = accountInput.safeParse({ type: 'http', [field]: 'x' });
    expect(read.error?.issues[0]?.path).toEqual([field]);
  });
});
