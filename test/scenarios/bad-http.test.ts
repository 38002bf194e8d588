import { describe, expect, it } from 'vitest';
import { chunked, rawExchange, rawRequest } from '../fixtures/raw-request.ts';
import { useRefusals } from '../fixtures/refusals.ts';

const { at } = useRefusals();

describe('HTTP', () => {
  const bearer = ['authorization', 'Bearer test-admin-token'] as const;
  const json = ['content-type', 'application/json'] as const;
  const tooMuch = Buffer.alloc(1024 * 1024 + 1, 0x20);

  it.each([
    ['a header without end', { method: 'GET', target: '/v1/keys', headers: [['x', 'a'.repeat(20_000)]] }, 431],
    [
      'a thousand headers',
      { method: 'GET', target: '/v1/keys', headers: Array.from({ length: 3000 }, (_, i) => [`x${i}`, 'aaaa']) },
      431,
    ],
    ['two tokens', { method: 'GET', target: '/v1/keys', headers: [bearer, ['authorization', 'Bearer x']] }, 401],
    [
      'two lengths',
      {
        method: 'POST',
        target: '/v1/tokens',
        headers: [
          ['content-length', '1'],
          ['content-length', '2'],
        ],
        body: 'ab',
      },
      400,
    ],
    [
      'a length and chunks',
      {
        method: 'POST',
        target: '/v1/tokens',
        headers: [
          ['content-length', '2'],
          ['transfer-encoding', 'chunked'],
        ],
        body: chunked(Buffer.from('{}')),
      },
      400,
    ],
    [
      'a length that is none',
      { method: 'POST', target: '/v1/tokens', headers: [['content-length', '-1']], body: '' },
      400,
    ],
    [
      'chunks that are none',
      { method: 'POST', target: '/v1/tokens', headers: [['transfer-encoding', 'chunked']], body: 'zz\r\n\r\n' },
      400,
    ],
    ['two content types', { method: 'POST', target: '/v1/tokens', headers: [bearer, json, json], body: '{}' }, 415],
    [
      'chunks of too much',
      {
        method: 'POST',
        target: '/v1/tokens',
        headers: [bearer, json, ['transfer-encoding', 'chunked']],
        body: chunked(tooMuch),
      },
      413,
    ],
    [
      'too much, announced',
      { method: 'POST', target: '/v1/hooks/nope', headers: [json, ['content-length', '99999999999']], body: '' },
      413,
    ],
    [
      'chunks of too much for a hook',
      {
        method: 'POST',
        target: '/v1/hooks/nope',
        headers: [json, ['transfer-encoding', 'chunked']],
        body: chunked(tooMuch),
      },
      413,
    ],
    ['a path of raw bytes', { method: 'GET', target: '/v1/pipelines/\u00ff\u00fe', headers: [bearer] }, 400],
    ['a whole URL for a path', { method: 'GET', target: 'http://elsewhere/v1/keys', headers: [bearer] }, 404],
    ['a star for a path', { method: 'OPTIONS', target: '*', headers: [bearer] }, 404],
    ['a tunnel', { method: 'CONNECT', target: 'elsewhere:443', headers: [bearer] }, 0],
    [
      'an upgrade',
      {
        method: 'GET',
        target: '/v1/keys',
        headers: [
          ['upgrade', 'websocket'],
          ['connection', 'upgrade'],
        ],
      },
      401,
    ],
    ['TRACE', { method: 'TRACE', target: '/v1/keys', headers: [bearer] }, 405],
    [
      'a range of a million',
      { method: 'GET', target: '/v1/keys', headers: [bearer, ['range', `bytes=${'0-1,'.repeat(1000)}`]] },
      200,
    ],
    ['an expectation', { method: 'POST', target: '/v1/tokens', headers: [['expect', 'miracles']], body: '{}' }, 417],
  ] as const)('survives %s', async (_name, request, status) => {
    expect((await rawRequest(at().service.baseUrl, request as never)).status).toBe(status);
  });

  it.each([
    ['no HTTP', '\u0000\u0001\u0002\r\n\r\n'],
    ['a request cut off', 'GET /v1/keys HTTP/1.1\r\nhost'],
    ['another version', 'GET / HTTP/9.9\r\n\r\n'],
  ])('survives %s', async (_name, text) => {
    const socketEnd = rawExchange(at().service.baseUrl, Buffer.from(text, 'latin1'), { end: true });
    expect([0, 400, 505]).toContain((await socketEnd).status);
  });
});
