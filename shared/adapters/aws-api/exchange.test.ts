import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createExchange } from './exchange.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(answer: RequestListener): Promise<URL> {
  const made = createServer(answer);
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return new URL(`http://127.0.0.1:${(made.address() as AddressInfo).port}`);
}

const limits = { connectMs: 2_000, answerMs: 5_000, mostBytes: 1_000 };

it('posts the body, gives the answer, and uses its connection again', async () => {
  const ports: (number | undefined)[] = [];
  const url = await serve((request, response) => {
    ports.push(request.socket.remotePort);
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      response.setHeader('x-amzn-errortype', 'Named');
      response.writeHead(400).end(`${request.method} ${request.headers['x-amz-target']} ${body} ü`);
    });
  });
  const exchange = createExchange(limits);
  for (let n = 0; n < 2; n += 1) {
    expect(await exchange({ url, headers: { 'x-amz-target': 't' }, body: 'ä' })).toMatchObject({
      status: 400,
      headers: { 'x-amzn-errortype': 'Named', date: expect.stringContaining('GMT') },
      body: 'POST t ä ü',
    });
  }
  expect(new Set(ports).size).toBe(1);
});

it.each<[string, RequestListener, string]>([
  ['nothing', () => {}, 'ETIMEDOUT'],
  ['half', (_, response) => void response.writeHead(200, { 'content-length': 10 }).write('half'), 'ETIMEDOUT'],
  ['a broken connection', (request) => void request.socket.destroy(), 'ECONNRESET'],
  [
    'half, and breaks off',
    (_, response) => void response.writeHead(200, { 'content-length': 9 }).write('x', () => response.destroy()),
    'ECONNRESET',
  ],
  ['too much', (_, response) => void response.end('x'.repeat(1_001)), 'EMSGSIZE'],
])('rejects where the server answers %s', async (_what, answer, code) => {
  const url = await serve(answer);
  const exchange = createExchange({ ...limits, answerMs: code === 'ETIMEDOUT' ? 100 : 5_000 });
  await expect(exchange({ url, headers: {}, body: '' })).rejects.toMatchObject({ code });
});

it('rejects where nobody listens', async () => {
  const url = await serve(() => {});
  server?.close();
  await new Promise((resolve) => server?.once('close', resolve));
  await expect(createExchange(limits)({ url, headers: {}, body: '' })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
