import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outbound, OutboundRequest } from '../../shared/ports/outbound.ts';
import { closedPort, type FixtureServer, startServer } from '../fixtures/http-server.ts';

/** What any Outbound must show. `create` gets the allow list. */
export function outboundContract(create: (allow: readonly string[]) => Outbound): void {
  describe('outbound contract', () => {
    let server: FixtureServer;
    let other: FixtureServer;
    let outbound: Outbound;

    beforeAll(async () => {
      other = await startServer((request, response) => {
        response.end(JSON.stringify({ method: request.method, headers: request.headers }));
      });
      server = await startServer((request, response, body) => answer(request.url ?? '/', { request, response, body }));
      outbound = create(['127.0.0.0/8']);
    });
    afterAll(async () => {
      await server.close();
      await other.close();
    });

    function answer(path: string, { request, response, body }: Exchange): void {
      const [, route, argument] = path.split('/');
      if (route === 'echo') {
        response.setHeader('X-Thing', ['a', 'b']);
        response.statusCode = 418;
        response.end(JSON.stringify({ method: request.method, headers: request.headers, body: body.toString() }));
      } else if (route === 'bytes') {
        response.end(Buffer.alloc(Number(argument), 1));
      } else if (route === 'endless') {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536))) {}
        };
        response.on('drain', more);
        more();
      } else if (route === 'silent') {
        if (argument === 'body') response.write('some');
      } else if (route === 'broken') {
        response.writeHead(200, { 'content-length': '100' });
        response.write('some', () => response.destroy());
      } else if (route === 'redirect') {
        const target = decodeURIComponent(argument ?? '');
        response.writeHead(Number(path.split('/')[3] ?? 302), { location: target }).end('moved');
      } else if (route === 'loop') {
        response.writeHead(302, { location: '/loop' }).end();
      }
    }

    function ask(path: string, rest: Partial<OutboundRequest> = {}) {
      return outbound.request({ method: 'GET', url: `${server.url}${path}`, ...rest });
    }

    function redirectTo(target: string, status = 302): string {
      return `/redirect/${encodeURIComponent(target)}/${status}`;
    }

    it('sends method, headers and body and answers status, lower-case headers, body and URL', async () => {
      const answered = await ask('/echo', { method: 'POST', headers: { 'X-Own': 'v' }, body: 'payload' });
      expect(answered).toMatchObject({ status: 418, url: `${server.url}/echo` });
      expect(answered.headers['x-thing']).toBe('a, b');
      expect(JSON.parse(Buffer.from(answered.body).toString())).toMatchObject({
        method: 'POST',
        body: 'payload',
        headers: { 'x-own': 'v', 'accept-encoding': 'identity', 'content-length': '7' },
      });
    });

    it('answers a body of exactly maxBytes', async () => {
      expect((await ask('/bytes/1000', { maxBytes: 1000 })).body).toEqual(Buffer.alloc(1000, 1));
    });

    it.each(['/bytes/1001', '/endless'])('fails with tooLarge on %s', async (path) => {
      await expect(ask(path, { maxBytes: 1000 })).rejects.toMatchObject({ code: 'tooLarge' });
    });

    it('counts a streamed body too', async () => {
      const { body } = await outbound.stream({ method: 'GET', url: `${server.url}/endless`, maxBytes: 100_000 });
      let read = 0;
      const reading = (async () => {
        for await (const chunk of body) read += chunk.byteLength;
      })();
      await expect(reading).rejects.toMatchObject({ code: 'tooLarge' });
      expect(read).toBeLessThanOrEqual(100_000);
    });

    it('a stream may be left early', async () => {
      const { body } = await outbound.stream({ method: 'GET', url: `${server.url}/endless`, maxBytes: 1e9 });
      for await (const chunk of body) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
    });

    it.each(['/silent', '/silent/body', '/broken'])('is retryable outboundUnavailable on %s', async (path) => {
      await expect(ask(path, { timeoutMs: 60 })).rejects.toMatchObject({
        code: 'outboundUnavailable',
        retryable: true,
      });
    });

    it('is outboundUnavailable where nothing listens, and names the host but no query', async () => {
      const url = `http://127.0.0.1:${await closedPort()}/path?secret=hunter2`;
      const failing = outbound.request({ method: 'GET', url });
      await expect(failing).rejects.toMatchObject({ code: 'outboundUnavailable' });
      await expect(failing).rejects.toThrow(/127\.0\.0\.1/);
      await expect(failing).rejects.not.toThrow(/hunter2/);
    });

    it('keeps credentials within one origin', async () => {
      const headers = { authorization: 'Bearer x', cookie: 'c=1' };
      const answered = await ask(redirectTo('/echo'), { headers });
      expect(JSON.parse(Buffer.from(answered.body).toString()).headers).toMatchObject(headers);
    });

    it.each([
      'authorization',
      'cookie',
      'proxy-authorization',
      'webhook-signature',
      'waybill-callback',
      'private-token',
    ])('drops %s across origins', async (name) => {
      const answered = await ask(redirectTo(`${other.url}/x`), { headers: { [name]: 'hunter2', accept: 'a/b' } });
      const { headers } = JSON.parse(Buffer.from(answered.body).toString());
      expect(headers).toMatchObject({ accept: 'a/b' });
      expect(JSON.stringify(headers)).not.toContain('hunter2');
      expect(answered.url).toBe(`${other.url}/x`);
    });

    it('answers a redirect where none is to be followed', async () => {
      expect(await ask(redirectTo('/echo'), { maxRedirects: 0 })).toMatchObject({ status: 302 });
    });

    it('stops a loop of redirects', async () => {
      await expect(ask('/loop')).rejects.toMatchObject({ code: 'outboundRefused' });
    });

    it.each(['http://169.254.169.254/latest', 'http://[::1]:1/', 'http://0.0.0.0:1/', 'http://[::ffff:10.0.0.1]/'])(
      'does not follow a redirect to %s',
      async (target) => {
        await expect(ask(redirectTo(target))).rejects.toMatchObject({ code: 'addressRefused', retryable: false });
      },
    );

    it.each([
      'http://127.0.0.1',
      'http://2130706433',
      'http://0x7f.1',
      'http://[::ffff:127.0.0.1]',
      'http://localhost',
    ])('refuses %s unless it is allowed', async (origin) => {
      const url = `${origin}:${server.port}/echo`;
      await expect(create([]).request({ method: 'GET', url })).rejects.toMatchObject({ code: 'addressRefused' });
    });

    it('reaches a private address that is allowed by host and port, and no other port', async () => {
      const narrow = create([server.host]);
      expect(await narrow.request({ method: 'GET', url: `${server.url}/echo` })).toMatchObject({ status: 418 });
      await expect(narrow.request({ method: 'GET', url: `${other.url}/x` })).rejects.toMatchObject({
        code: 'addressRefused',
      });
    });

    it.each([
      ['not a url', {}],
      ['file:///etc/passwd', {}],
      ['ftp://example.com/', {}],
      ['http://user:hunter2@example.com/', {}],
      ['http://example.com/', { headers: { host: 'other' } }],
      ['http://example.com/', { headers: { 'transfer-encoding': 'chunked' } }],
      ['http://example.com/', { headers: { 'x-a': 'hunter2\r\nx-b: c' } }],
      ['http://example.com/', { method: 'CONNECT' }],
      [`http://example.com/${'a'.repeat(9000)}`, {}],
    ])('refuses %s %j', async (url, rest) => {
      const failing = outbound.request({ method: 'GET', url, ...rest });
      await expect(failing).rejects.toMatchObject({ code: 'outboundRefused', retryable: false });
      await expect(failing).rejects.not.toThrow(/hunter2/);
    });
  });
}

interface Exchange {
  readonly request: FixtureServer['seen'][number];
  readonly response: ServerResponse;
  readonly body: Buffer;
}
