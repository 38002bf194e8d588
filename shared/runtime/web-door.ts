import type { Ports } from '../ports/ports.ts';
import { withEtag } from './conditional.ts';
import type { HttpAnswer, HttpEvent } from './http-event.ts';

export type WebPorts = Pick<Ports, 'webFiles' | 'clock' | 'sha256'>;

/** By the end of the name: what is not here is not served. */
const mediaTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  webmanifest: 'application/manifest+json',
  txt: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  ico: 'image/x-icon',
  webp: 'image/webp',
  woff2: 'font/woff2',
};

/** Nothing but this host's own files, no script in the page itself, in nobody's frame (w3.org/TR/CSP3). */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const guards = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** Shown for `/` where no dashboard is. */
const welcome =
  '<!doctype html><title>Waybill</title><p>Waybill carries an artifact from the registry to production by its digest. The API is under <a href="/v1/openapi.json">/v1</a> (with a token), the OCI registry under /v2/ where this is one machine; a dashboard is to come.\n';

/** How long a file, or that there is none, is remembered; and how much of them. */
const freshMs = 60_000;
const mostFiles = 200;
const mostBytes = 8 * 1024 * 1024;

interface Kept {
  readonly at: number;
  readonly body: string | undefined;
  readonly etag: string;
}

/** Answers a GET or HEAD of the dashboard's files, and undefined where the call is for somebody else. */
export function createWebDoor(ports: WebPorts): (event: HttpEvent) => Promise<HttpAnswer | undefined> {
  const find = keeping(ports);
  return async (event) => {
    const { method } = event.requestContext.http;
    const file = method === 'GET' || method === 'HEAD' ? fileOf(event.rawPath) : undefined;
    if (file === undefined) return undefined;
    const { body, etag } = await find(file.key);
    if (body !== undefined) return withEtag(event, { ...answerOf(file), body, isBase64Encoded: true }, etag);
    if (event.rawPath !== '/') return undefined;
    return { ...answerOf(file), body: welcome, isBase64Encoded: false };
  };
}

interface WebFile {
  readonly key: string;
  readonly mediaType: string;
}

/** Names of one or two parts with an ending that is known; anything else is no file of ours. */
function fileOf(path: string): WebFile | undefined {
  const key = path === '/' ? 'index.html' : path.slice(1);
  const [, ending = ''] = /^(?:assets\/)?[A-Za-z0-9_][A-Za-z0-9._-]{0,150}\.([a-z0-9]+)$/.exec(key) ?? [];
  const mediaType = Object.hasOwn(mediaTypes, ending) ? mediaTypes[ending] : undefined;
  return mediaType === undefined ? undefined : { key, mediaType };
}

/** What is under `assets/` has a sum of its bytes in its name; the rest is asked for each time, and mostly answered 304. */
function answerOf({ key, mediaType }: WebFile): Pick<HttpAnswer, 'statusCode' | 'headers'> {
  const cache = key.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  return { statusCode: 200, headers: { 'content-type': mediaType, 'cache-control': cache, ...guards } };
}

/** The oldest goes first; names that are not there count as well, since anybody may ask for them. */
function keeping({ webFiles, clock, sha256 }: WebPorts): (key: string) => Promise<Kept> {
  const files = new Map<string, Kept>();
  let bytes = 0;
  function drop(key: string): void {
    bytes -= files.get(key)?.body?.length ?? 0;
    files.delete(key);
  }
  function keep(key: string, file: Kept): void {
    drop(key);
    files.set(key, file);
    bytes += file.body?.length ?? 0;
    for (const oldest of files.keys()) {
      if (files.size <= mostFiles && bytes <= mostBytes) break;
      drop(oldest);
    }
  }
  return async (key) => {
    const now = clock.now();
    const known = files.get(key);
    if (known !== undefined && now - known.at < freshMs && now >= known.at) return known;
    const found = await webFiles.get(key);
    const body = found && Buffer.from(found).toString('base64');
    const file = { at: now, body, etag: `"${sha256(body ?? '').slice(0, 32)}"` };
    keep(key, file);
    return file;
  };
}
