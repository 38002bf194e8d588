import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../../../test/fixtures/http-server.ts';
import { startKubeApi } from '../../../../test/fixtures/kube-api.ts';
import { loopbackOutbound } from '../../../../test/fixtures/loopback-outbound.ts';
import type { Account, AccountSecret } from '../../../domain/account.ts';
import { createOutbound } from '../../outbound/outbound.ts';
import { clusterLogin, type LoginOptions } from './cluster-login.ts';
import { createKubeClient } from './kube-client.ts';

const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();
if (!hasOpenssl) console.log('skipped: the authority of a cluster: there is no openssl');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-kube-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const use = { cluster: 'c', pipeline: 'shop' };

function login(account: Partial<Account>, secret: AccountSecret = {}, more: Partial<LoginOptions> = {}) {
  const whole: Account = { name: 'c', type: 'kubernetes', insecure: false, updatedAt: 0, rev: 1, ...account };
  return clusterLogin(
    {
      account: async () => ({ account: whole, secret }),
      eksToken: async (request) => `eks ${JSON.stringify(request)}`,
      ...more,
    },
    use,
  );
}

describe('clusterLogin', () => {
  it('takes host, authority and token', async () => {
    expect(await login({ host: 'k8s.example.com', certificateAuthority: 'PEM' }, { token: 't' })).toEqual({
      ...{ server: 'https://k8s.example.com', ca: 'PEM', token: 't' },
    });
  });

  it('asks for a token of EKS in the name of the pipeline', async () => {
    const eks = { host: 'x.eks.amazonaws.com', eksCluster: 'prod', region: 'eu-west-1', awsAccount: 'aws-prod' };
    expect((await login(eks)).token).toBe(
      'eks {"pipeline":"shop","cluster":"prod","region":"eu-west-1","account":"aws-prod"}',
    );
  });

  it('reads the service account of the pod that it runs in, each time', async () => {
    const inside = { folder, env: { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' } };
    writeFileSync(join(folder, 'ca.crt'), 'PEM');
    for (const token of ['one', 'two']) {
      writeFileSync(join(folder, 'token'), `${token}\n`);
      expect(await login({ inCluster: true }, {}, { inside })).toEqual({
        server: 'https://[fd00::1]:6443',
        ca: 'PEM',
        token,
      });
    }
  });

  it.each<[string, Partial<Account>, AccountSecret, string]>([
    ['another type', { type: 'aws' }, {}, 'invalidInput'],
    ['credentials for another host', { host: 'k8s.example.com' }, {}, 'targetDenied'],
    ['a kubeconfig that is none', {}, { kubeconfig: 'a: 1' }, 'invalidInput'],
    ['not in a cluster', { inCluster: true }, {}, 'invalidInput'],
  ])('refuses %s', async (_name, account, secret, code) => {
    await expect(login(account, secret, { inside: { folder, env: {} } })).rejects.toMatchObject({ code });
  });
});

describe('the way to a cluster', () => {
  it('says that what answers there is no cluster', async () => {
    const server = await startServer((_request, response) => void response.end('<html>'));
    try {
      const kube = createKubeClient(loopbackOutbound(), { server: server.url, token: 't' });
      await expect(kube.isNamespaced('v1', 'Pod')).rejects.toMatchObject({ code: 'targetRefused' });
    } finally {
      await server.close();
    }
  });

  it('is closed to private addresses, also behind a name, unless they are allowed', async () => {
    const cluster = await startKubeApi();
    const named = createOutbound({ allow: [], resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
    const port = cluster.host.split(':')[1];
    try {
      for (const [outbound, server] of [
        [createOutbound({ allow: [] }), cluster.url],
        [named, `http://k8s.example.com:${port}`],
      ] as const) {
        const kube = createKubeClient(outbound, { server, token: cluster.token });
        await expect(kube.isNamespaced('v1', 'Pod')).rejects.toMatchObject({ code: 'addressRefused' });
      }
      expect(cluster.asked).toEqual([]);
    } finally {
      await cluster.close();
    }
  });

  it.skipIf(!hasOpenssl)('trusts the authority of the account, and nobody else', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=k8s', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', [...made, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
    const ca = readFileSync(cert, 'utf8');
    const server = createServer({ key: readFileSync(key), cert: ca }, (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ resources: [{ name: 'pods', kind: 'Pod', namespaced: true }] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const at = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    try {
      expect(await createKubeClient(loopbackOutbound(), { server: at, ca, token: 't' }).isNamespaced('v1', 'Pod')).toBe(
        true,
      );
      const other = createKubeClient(loopbackOutbound(), { server: at, token: 't' });
      await expect(other.isNamespaced('v1', 'Pod')).rejects.toMatchObject({ code: 'outboundUnavailable' });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
