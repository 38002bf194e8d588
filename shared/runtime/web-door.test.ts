import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { HttpEvent } from './http-event.ts';
import { createWebDoor } from './web-door.ts';

const page = '<!doctype html><title>Dashboard</title>';

function rig(files: Readonly<Record<string, string>> = { 'index.html': page }) {
  const asked: string[] = [];
  const state = { now: 0, files };
  const door = createWebDoor({
    clock: { now: () => state.now },
    sha256: (data) => createHash('sha256').update(data).digest('hex'),
    webFiles: {
      async get(key) {
        asked.push(key);
        const text = state.files[key];
        return text === undefined ? undefined : Buffer.from(text);
      },
    },
  });
  const call = (rawPath: string, headers: HttpEvent['headers'] = {}, method = 'GET') =>
    door({
      rawPath,
      rawQueryString: '',
      headers,
      requestContext: { requestId: 'r', http: { method } },
      isBase64Encoded: false,
    });
  return { asked, state, call };
}

const textOf = (answer: { readonly body: string; readonly isBase64Encoded: boolean } | undefined) =>
  Buffer.from(answer?.body ?? '', answer?.isBase64Encoded ? 'base64' : 'utf8').toString();

describe('files', () => {
  it.each([
    ['/', 'index.html', 'text/html; charset=utf-8', 'no-cache'],
    ['/index.html', 'index.html', 'text/html; charset=utf-8', 'no-cache'],
    ['/favicon.svg', 'favicon.svg', 'image/svg+xml', 'no-cache'],
    [
      '/assets/app-1a2b.js',
      'assets/app-1a2b.js',
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ],
    ['/assets/app.css', 'assets/app.css', 'text/css; charset=utf-8', 'public, max-age=31536000, immutable'],
  ])('%s is %s, %s, %s', async (path, key, type, cache) => {
    const { call } = rig({ [key]: `text of ${key}` });
    const answer = await call(path);
    expect(answer).toMatchObject({ statusCode: 200, headers: { 'content-type': type, 'cache-control': cache } });
    expect(textOf(answer)).toBe(`text of ${key}`);
    expect(answer?.headers).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'; script-src 'self'"),
      'x-content-type-options': 'nosniff',
    });
  });

  it.each([
    '/v1/pipelines',
    '/healthz',
    '/.well-known/jwks.json',
    '/../secret.html',
    '/assets/../index.html',
    '/assets/.env.json',
    '/a/b.html',
    '/%2e%2e/x.html',
    '/x.php',
    '/x.constructor',
    '//index.html',
  ])('%s is no file, and nobody is asked', async (path) => {
    const { call, asked } = rig();
    expect(await call(path)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  it.each(['POST', 'PUT', 'OPTIONS'])('%s is not for a file', async (method) => {
    expect(await rig().call('/', {}, method)).toBeUndefined();
  });

  it('a file that is not there is for somebody else to refuse', async () => {
    expect(await rig().call('/none.js')).toBeUndefined();
  });
});

describe('the page where no dashboard is', () => {
  it('says where the API is, under the same rules', async () => {
    const answer = await rig({}).call('/');
    expect(textOf(answer)).toContain('/v1/openapi.json');
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': expect.any(String) },
    });
  });
});

describe('what is asked again', () => {
  it('is 304 without a body while it is the same', async () => {
    const { call, state } = rig();
    const etag = (await call('/'))?.headers.etag ?? '';
    expect(await call('/', { 'if-none-match': etag })).toMatchObject({ statusCode: 304, body: '', headers: { etag } });
    state.files = { 'index.html': 'another' };
    state.now = 60_000;
    expect(await call('/', { 'if-none-match': etag })).toMatchObject({ statusCode: 200 });
  });

  it('is read once a minute, also that it is not there', async () => {
    const { call, asked, state } = rig();
    for (const path of ['/', '/', '/none.js', '/none.js']) await call(path);
    expect(asked).toEqual(['index.html', 'none.js']);
    state.now = 60_000;
    await call('/');
    expect(asked).toHaveLength(3);
  });

  it('is not kept without end, in files or in bytes', async () => {
    const big = 'x'.repeat(3 * 1024 * 1024);
    const { call, asked } = rig({ 'a.txt': big, 'b.txt': big, 'c.txt': big, 'index.html': page });
    for (const path of ['/a.txt', '/b.txt', '/c.txt', '/a.txt']) await call(path);
    expect(asked).toEqual(['a.txt', 'b.txt', 'c.txt', 'a.txt']);
    await call('/');
    for (let name = 0; name < 250; name += 1) await call(`/${name}.js`);
    const before = asked.length;
    await call('/');
    expect(asked).toHaveLength(before + 1);
  });
});
