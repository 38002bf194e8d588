import { lookup } from 'node:dns/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { Failure } from '../../domain/failure.ts';
import type { Outbound, OutboundAnswer, OutboundRequest } from '../../ports/outbound.ts';
import { createAddressRules } from './address-rules.ts';
import { checkRequest } from './check-request.ts';
import { type ExchangeSettings, exchange, type Resolve, translate } from './exchange.ts';
import { decideRedirect } from './redirect.ts';

export interface OutboundSettings {
  /** Host, host:port, address, address:port or CIDR that may be called although private (WAYBILL_OUTBOUND_ALLOW). */
  readonly allow: readonly string[];
  /** Default: the system's resolver. */
  readonly resolve?: Resolve;
}

type StreamedAnswer = Omit<OutboundAnswer, 'body'> & { readonly body: AsyncIterable<Uint8Array> };

const defaultTimeoutMs = 30_000;
const defaultMaxBytes = 4 * 1024 * 1024;
const defaultMaxRedirects = 5;
/** A connection that says nothing this long is dead, however long the whole exchange may take. */
const idleMs = 30_000;
const maxDrainedBytes = 64 * 1024;

/**
 * The one door out, on node:http and node:https with kept-alive connections. Failures: addressRefused, outboundUnavailable
 * (network or time; retryable), tooLarge, outboundRefused (a URL, header or redirect that is not followed). RangeError for a
 * bad entry of `allow`.
 */
export function createOutbound(settings: OutboundSettings): Outbound {
  const exchangeSettings: ExchangeSettings = {
    rules: createAddressRules(settings.allow),
    resolve: settings.resolve ?? ((host) => lookup(host, { all: true })),
    agents: {
      http: new http.Agent({ keepAlive: true, maxSockets: 64 }),
      https: new https.Agent({ keepAlive: true, maxSockets: 64 }),
    },
  };
  return {
    stream: (request) => stream(exchangeSettings, request),
    async request(request) {
      const { body, ...answer } = await stream(exchangeSettings, request);
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      return { ...answer, body: Buffer.concat(chunks) };
    },
  };
}

async function stream(settings: ExchangeSettings, first: OutboundRequest): Promise<StreamedAnswer> {
  const timeoutMs = first.timeoutMs ?? defaultTimeoutMs;
  // One clock over every hop and the body: a chain of slow redirects has no more time than one answer.
  const signal = AbortSignal.timeout(timeoutMs);
  let request = first;
  for (let hops = first.maxRedirects ?? defaultMaxRedirects; ; hops -= 1) {
    const url = checkRequest(request);
    const message = await exchange(settings, url, { request, signal, idleMs: Math.min(timeoutMs, idleMs) });
    const status = message.statusCode ?? 0;
    const decision = decideRedirect(request, { status, location: message.headers.location }, hops);
    if (decision.kind === 'answer') return answerOf(message, { url, request, signal });
    discard(message);
    if (decision.kind === 'refuse') throw new Failure('outboundRefused', decision.message);
    request = decision.request;
  }
}

function answerOf(
  message: http.IncomingMessage,
  context: { readonly url: URL; readonly request: OutboundRequest; readonly signal: AbortSignal },
): StreamedAnswer {
  const maxBytes = context.request.maxBytes ?? defaultMaxBytes;
  const announced = Number(message.headers['content-length'] ?? 0);
  if (context.request.method !== 'HEAD' && announced > maxBytes) {
    message.destroy();
    throw tooLarge(context.url, maxBytes);
  }
  // Read to the end or not at all: an answer that nobody reads must not end the process by its own error.
  message.on('error', () => undefined);
  return {
    status: message.statusCode ?? 0,
    headers: headersOf(message),
    url: context.url.href,
    body: bounded(message, maxBytes, context),
  };
}

async function* bounded(
  message: http.IncomingMessage,
  maxBytes: number,
  context: { readonly url: URL; readonly signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let read = 0;
  try {
    for await (const chunk of message) {
      if (!(chunk instanceof Uint8Array)) continue;
      read += chunk.byteLength;
      if (read > maxBytes) throw tooLarge(context.url, maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw translate(error, context.url, context.signal);
  }
}

/** A small body is read so that its connection can be used again; any other is not worth its bytes. */
function discard(message: http.IncomingMessage): void {
  message.on('error', () => undefined);
  const announced = message.headers['content-length'];
  if (announced !== undefined && Number(announced) <= maxDrainedBytes) message.resume();
  else message.destroy();
}

function headersOf(message: http.IncomingMessage): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

function tooLarge(url: URL, maxBytes: number): Failure {
  return new Failure('tooLarge', `${url.host} answered more than ${maxBytes} bytes`, {
    details: { host: url.host, maxBytes },
  });
}
