import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closedPort, startServer } from '../fixtures/http-server.ts';
import { type RunningService, runToExit, startService, useService } from '../fixtures/running-service.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await service.stop();
  await rm(service.dataDir, { recursive: true, force: true });
});

/** A raw exchange, for what fetch would not send. */
function exchange(text: string | Uint8Array): Promise<string> {
  const { port } = new URL(service.baseUrl);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

describe('the service from outside', () => {
  it('says where it is, that it is ready, and what it is', async () => {
    expect(service.output().out).toMatch(
      /^Waybill +http:\/\/127\.0\.0\.1:\d+\/\nAPI +\S+\/v1\nOCI registry +\S+\/v2\/\nready\n$/,
    );
    expect(await service.call('GET', '/healthz', undefined, { token: null })).toMatchObject({
      status: 200,
      json: { status: 'ready' },
    });
    expect((await service.call('GET', '/', undefined, { token: null })).text).toContain('/v1');
  });

  it('rests with under 250 MB, the store included', async () => {
    const status = await readFile(`/proc/${service.pid}/status`, 'utf8').catch(() => undefined);
    if (status === undefined) return;
    const own = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]);
    const children = await readFile(`/proc/${service.pid}/task/${service.pid}/children`, 'utf8');
    const others = await Promise.all(
      children
        .trim()
        .split(' ')
        .map(async (pid) => Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)),
    );
    expect(others.length).toBeGreaterThan(0);
    expect((own + others.reduce((sum, kB) => sum + kB, 0)) / 1024).toBeLessThan(250);
  });

  it('makes tokens that work until they are revoked', async () => {
    const made = await service.call('POST', '/v1/tokens', { subject: 'alice', groups: ['rm'], expiresIn: '90d' });
    expect(made.status).toBe(201);
    const { id, token } = made.json;
    expect(token).toMatch(/^wb_[0-9a-f]{64}$/);
    const list = () => service.call('GET', '/v1/executions', undefined, { token });
    expect((await list()).status).toBe(200);
    expect((await service.call('GET', '/v1/tokens', undefined, { token })).status).toBe(403);
    const listed = await service.call('GET', '/v1/tokens');
    expect(listed.json.items).toMatchObject([{ id, subject: 'alice', groups: ['rm'], createdBy: 'admin' }]);
    expect(listed.text).not.toContain(token);
    expect((await service.call('DELETE', `/v1/tokens/${id}`)).status).toBe(204);
    expect((await list()).status).toBe(401);
    expect((await service.call('DELETE', `/v1/tokens/${id}`)).status).toBe(404);
  });

  it('keeps the credentials of accounts to itself', async () => {
    const account = { type: 'registry', host: 'Registry.Example.com', username: 'u', password: 'hunter2' };
    expect((await service.call('PUT', '/v1/accounts/main', account)).status).toBe(201);
    const again = await service.call('PUT', '/v1/accounts/main', { ...account, insecure: true });
    expect(again).toMatchObject({ status: 200, json: { name: 'main', host: 'registry.example.com', insecure: true } });
    const listed = await service.call('GET', '/v1/accounts');
    expect([again.text, listed.text, service.output().log].join()).not.toContain('hunter2');
    expect((await service.call('DELETE', '/v1/accounts/main')).status).toBe(204);
    expect((await service.call('GET', '/v1/accounts')).json).toEqual({ items: [] });
  });

  it.each([
    ['an unknown type', { type: 'ftp' }, ['type']],
    ['no host', { type: 'registry' }, ['host']],
    ['a URL for a host', { type: 'registry', host: 'https://x' }, ['host']],
    ['the embedded registry', { type: 'registry', host: 'registry.local' }, ['host']],
    ['a key that is none', { type: 'http', hots: 'x' }, ['hots']],
    ['two credentials', { type: 'http', username: 'a', password: 'x', token: 'y' }, ['token']],
    ['a secret without its form', { type: 'webhook', secret: 'plain' }, ['secret']],
    ['a line break in a password', { type: 'http', username: 'a', password: 'x\ny' }, ['password']],
  ])('refuses an account with %s', async (_name, body, paths) => {
    const answer = await service.call('PUT', '/v1/accounts/bad', body);
    expect(answer.status).toBe(422);
    expect(answer.json.errors.map((fault: { path: string }) => fault.path)).toEqual(paths);
  });

  it.each([
    ['a name', 'PUT', '/v1/accounts/Bad%20Name', { type: 'http' }, 422],
    ['a duration', 'POST', '/v1/tokens', { subject: 'a', groups: [], expiresIn: '90 days' }, 422],
    ['a limit', 'GET', '/v1/tokens?limit=201', undefined, 400],
    ['another limit', 'GET', '/v1/executions?limit=0', undefined, 400],
    ['a cursor', 'GET', '/v1/executions?cursor=%21', undefined, 400],
    ['another cursor', 'GET', '/v1/accounts?cursor=%21', undefined, 400],
    ['a digest', 'GET', '/v1/executions?digest=sha256:abc', undefined, 400],
    ['a status', 'GET', '/v1/executions?status=done', undefined, 400],
    ['an id', 'GET', '/v1/executions/nope', undefined, 404],
    ['an approval', 'POST', '/v1/approvals/nope/decisions', { decision: 'approve', digests: [] }, 404],
    ['a decision', 'POST', '/v1/approvals/nope/decisions', { decision: 'maybe' }, 422],
    ['a callback', 'POST', '/v1/callbacks/nope', { status: 'succeeded' }, 404],
    ['a hook', 'POST', '/v1/hooks/nope', {}, 404],
    ['a pipeline of YAML that is none', 'PUT', '/v1/pipelines/x', '{ a: [', 400],
    ['a pipeline without anything', 'PUT', '/v1/pipelines/x', '{}', 422],
  ])('refuses %s with the code of the contract', async (_name, method, path, body, status) => {
    const headers: Record<string, string> = typeof body === 'string' ? { 'content-type': 'application/yaml' } : {};
    const answer = await service.call(method, path, body, { headers });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(answer.json).toMatchObject({ status, code: expect.stringMatching(/^[a-z][A-Za-z]+$/) });
  });

  it('answers 304 to an ETag', async () => {
    const { headers } = await service.call('GET', '/v1/keys');
    const etag = headers.get('etag') ?? '';
    const again = await service.call('GET', '/v1/keys', undefined, { headers: { 'if-none-match': etag } });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('describes itself as OpenAPI 3.1', async () => {
    const { json } = await service.call('GET', '/v1/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    expect(Object.keys(json.paths)).toEqual(expect.arrayContaining(['/v1/pipelines/{name}', '/v1/hooks/{id}']));
    const references = [...JSON.stringify(json).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(20);
    expect(
      references.map((match) => match[1]).filter((name) => json.components.schemas[name ?? ''] === undefined),
    ).toEqual([]);
  });

  it.each([
    ['declared', { 'content-length': String(1024 * 1024 + 1) }],
    ['undeclared', { 'transfer-encoding': 'chunked' }],
  ])('answers 413 to a body of %s length over 1 MiB before anything else', async (_name, headers) => {
    const answer = await new Promise<number | undefined>((resolve, reject) => {
      const sent = request(`${service.baseUrl}/v1/hooks/nope`, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject);
      sent.end(Buffer.alloc(1024 * 1024 + 1));
    });
    expect(answer).toBe(413);
  });

  it.each([
    ['headers without end', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, '431'],
    ['no HTTP', '\u0000\u0001\u0002\r\n\r\n', '400'],
    ['two lengths', 'POST /v1/tokens HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', '400'],
    ['a method that is none', 'BREW /v1/tokens HTTP/1.1\r\nhost: x\r\n\r\n', '400'],
    [
      'two tokens, one of them good',
      'GET /v1/tokens HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer test-admin-token\r\nauthorization: Bearer other\r\n\r\n',
      '401',
    ],
  ])('survives %s', async (_name, text, status) => {
    expect((await exchange(text)).split(' ')[1]).toBe(status);
    expect((await service.call('GET', '/healthz')).status).toBe(200);
  });

  it('logs requests by their route, never by their path, and no token', async () => {
    await service.call('POST', '/v1/hooks/abcdef0123456789?secret=s3cret', {});
    await service.call('POST', '/v1/callbacks/feedfeed', { status: 'succeeded' });
    const { log } = service.output();
    expect(log).toContain('"route":"/v1/hooks/{id}"');
    for (const secret of ['abcdef0123456789', 's3cret', 'feedfeed', service.adminToken])
      expect(log).not.toContain(secret);
    expect(
      log
        .trim()
        .split('\n')
        .filter((line) => parses(line) === undefined),
    ).toEqual([]);
  });

  it('takes a push without login from here, and asks everybody else for one', async () => {
    const v2 = (headers: Record<string, string>) => service.call('GET', '/v2/', undefined, { token: null, headers });
    expect((await v2({})).status).toBe(200);
    const forwarded = await v2({ 'x-forwarded-for': '10.0.0.1' });
    expect([forwarded.status, forwarded.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="waybill"']);
    const basic = `Basic ${Buffer.from(`any:${service.adminToken}`).toString('base64')}`;
    expect((await v2({ 'x-forwarded-for': '10.0.0.1', authorization: basic })).status).toBe(200);
  });
});

function parses(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

describe('starting and stopping', () => {
  it('exits 0 on SIGTERM, once, and then answers nobody', async () => {
    const own = await useService();
    const port = Number(new URL(own.baseUrl).port);
    const ended = own.kill('SIGTERM');
    void own.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, signal: null });
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
  });

  it('lets a request under way end, and begins no other', async () => {
    const own = await useService();
    const { port } = new URL(own.baseUrl);
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const body = JSON.stringify({ subject: 'late', groups: [] });
      const head = `POST /v1/tokens HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${own.adminToken}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(head + body.slice(0, 5));
        setTimeout(() => {
          void own.kill('SIGTERM');
          setTimeout(() => socket.write(body.slice(5)), 100);
        }, 100);
      });
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 201 /);
    expect(answer).toMatch(/connection: close/i);
    expect(await own.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });

  it('keeps what it was told over kill -9, and its own admin token', async () => {
    const own = await useService({ env: { WAYBILL_ADMIN_TOKEN: '' } });
    const file = join(own.dataDir, 'admin-token');
    const token = (await readFile(file, 'utf8')).trim();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(own.output().out).toContain(file);
    expect(own.output().out + own.output().log).not.toContain(token);
    await own.call('POST', '/v1/tokens', { subject: 'kept', groups: [] }, { token });
    await own.kill('SIGKILL');
    await own.restart();
    expect((await own.call('GET', '/v1/tokens', undefined, { token })).json.items).toMatchObject([{ subject: 'kept' }]);
  });

  it('says in one line that the port is in use, and exits 1', async () => {
    const other = await startServer((_request, response) => response.end());
    const dataDir = await mkdtemp(join(tmpdir(), 'waybill-doors-'));
    const ended = await runToExit({ WAYBILL_PORT: String(other.port), WAYBILL_DATA_DIR: dataDir });
    await other.close();
    await rm(dataDir, { recursive: true, force: true });
    expect([ended.code, ended.out]).toEqual([1, '']);
    expect(ended.log).toContain(`waybill: Port ${other.port} on 127.0.0.1 is in use.`);
  });

  it('says who has the data folder, and exits 1', async () => {
    const ended = await runToExit({ WAYBILL_DATA_DIR: service.dataDir });
    expect(ended.code).toBe(1);
    expect(ended.log).toMatch(new RegExp(`waybill: The data folder .* is in use by process ${service.pid}`));
  });

  it('reports every configuration error at once, and exits 1', async () => {
    const ended = await runToExit({ WAYBILL_PORT: 'x', WAYBILL_LOG_LEVEL: 'y', WAYBILL_PUBLIC_URL: 'z' });
    expect(ended.code).toBe(1);
    const lines = ended.log.trim().split('\n');
    expect(lines.map((line) => line.split(' ')[1])).toEqual([
      'WAYBILL_PORT',
      'WAYBILL_PUBLIC_URL',
      'WAYBILL_LOG_LEVEL',
    ]);
  });

  it('listens on IPv6 and says so', async () => {
    const probe = await closedPort();
    expect(probe).toBeGreaterThan(0);
    const own = await useService({ env: { WAYBILL_HOST: '::1' } }).catch(() => undefined);
    if (own === undefined) return;
    expect(own.baseUrl).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await own.call('GET', '/healthz')).status).toBe(200);
  });
});
