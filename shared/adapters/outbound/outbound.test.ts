import { expect, it } from 'vitest';
import { outboundContract } from '../../../test/contracts/outbound.ts';
import { startServer } from '../../../test/fixtures/http-server.ts';
import { createOutbound } from './outbound.ts';

outboundContract((allow) => createOutbound({ allow }));

function resolving(...addresses: readonly string[]) {
  return () => Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
}

it.each(['http', 'https'])('an %s name that resolves to loopback is refused', async (scheme) => {
  const outbound = createOutbound({ allow: [], resolve: resolving('127.0.0.1', '::1') });
  await expect(outbound.request({ method: 'GET', url: `${scheme}://shop.example/` })).rejects.toMatchObject({
    code: 'addressRefused',
    details: { host: 'shop.example' },
  });
});

it('only permitted addresses of a name are connected to', async () => {
  const server = await startServer((_request, response) => response.end('hello'));
  const outbound = createOutbound({ allow: ['127.0.0.1/32'], resolve: resolving('10.255.255.1', '127.0.0.1') });
  const answer = await outbound.request({ method: 'GET', url: `http://shop.example:${server.port}/` });
  expect(Buffer.from(answer.body).toString()).toBe('hello');
  await server.close();
});

it('a name that changes its address after the check gains nothing', async () => {
  const server = await startServer((_request, response) => response.end('hello'));
  let asked = 0;
  const outbound = createOutbound({
    allow: [`127.0.0.1:${server.port}`],
    resolve: () => {
      asked += 1;
      return Promise.resolve([{ address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]);
    },
  });
  const get = (path: string) => outbound.request({ method: 'GET', url: `http://shop.example:${server.port}${path}` });
  expect(await get('/1')).toMatchObject({ status: 200 });
  // The kept-alive connection goes to the address that was checked.
  expect(await get('/2')).toMatchObject({ status: 200 });
  expect(server.seen[1]?.socket.remotePort).toBe(server.seen[0]?.socket.remotePort);
  await server.close();
  await expect(get('/3')).rejects.toMatchObject({ code: 'addressRefused' });
});

it.each([
  ['no addresses', () => Promise.resolve([])],
  ['a resolver fault', () => Promise.reject(Object.assign(new Error('x'), { code: 'EAI_AGAIN' }))],
])('%s is retryable', async (_name, resolve) => {
  const outbound = createOutbound({ allow: [], resolve });
  await expect(outbound.request({ method: 'GET', url: 'https://shop.example/' })).rejects.toMatchObject({
    code: 'outboundUnavailable',
    retryable: true,
  });
});

it('a read over a connection that the server had closed is asked again, a write is not', async () => {
  let answered = 0;
  const server = await startServer((request, response) => {
    answered += 1;
    // The second call comes over the kept-alive connection and finds it reset.
    if (answered === 2 || answered === 5) request.socket.resetAndDestroy();
    else response.end('ok');
  });
  const outbound = createOutbound({ allow: ['127.0.0.1'] });
  const ask = (method: string) => outbound.request({ method, url: `${server.url}/` });
  await ask('GET');
  expect(await ask('GET')).toMatchObject({ status: 200 });
  expect(answered).toBe(3);
  await ask('POST');
  await expect(ask('POST')).rejects.toMatchObject({ code: 'outboundUnavailable' });
  expect(answered).toBe(5);
  await server.close();
});

it('refuses a bad allow list at once', () => {
  expect(() => createOutbound({ allow: ['10.0.0.0/99'] })).toThrow(/10\.0\.0\.0\/99/);
});
