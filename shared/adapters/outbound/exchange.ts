import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Failure } from '../../domain/failure.ts';
import type { OutboundRequest } from '../../ports/outbound.ts';
import { type AddressRules, plainHost } from './address-rules.ts';

interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Every address of a name. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

export interface ExchangeSettings {
  readonly rules: AddressRules;
  readonly resolve: Resolve;
  readonly agents: { readonly http: http.Agent; readonly https: https.Agent };
}

/** Sends one request, follows nothing; resolves when the answer's headers are there. Rejects with a Failure. */
export async function exchange(
  settings: ExchangeSettings,
  url: URL,
  options: { readonly request: OutboundRequest; readonly signal: AbortSignal; readonly idleMs: number },
): Promise<http.IncomingMessage> {
  const destination = { host: url.hostname, port: portOf(url) };
  const literal = plainHost(url.hostname);
  // A literal address is never looked up, so `lookup` would not see it.
  if (isIP(literal) !== 0 && !settings.rules.permits(destination, literal)) throw addressRefused(url);
  try {
    return await send(settings, url, options);
  } catch (error) {
    if (!isStaleSocket(error) || !isRepeatable(options.request.method)) throw translate(error, url, options.signal);
  }
  return send(settings, url, options).catch((error: unknown) => {
    throw translate(error, url, options.signal);
  });
}

/** A transport fault as the Failure that callers know; Failures pass. */
export function translate(error: unknown, url: URL, signal: AbortSignal): Failure {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  const why = signal.aborted || code === 'ETIMEDOUT' ? 'no whole answer in time' : (code ?? 'the connection broke');
  return new Failure('outboundUnavailable', `${url.host} could not be reached: ${why}`, {
    cause: error,
    details: { host: url.host },
  });
}

function send(
  settings: ExchangeSettings,
  url: URL,
  options: { readonly request: OutboundRequest; readonly signal: AbortSignal; readonly idleMs: number },
): Promise<http.IncomingMessage> {
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const sent = (secure ? https : http).request(url, {
      agent: secure ? settings.agents.https : settings.agents.http,
      method: options.request.method,
      headers: { 'user-agent': 'waybill', ...options.request.headers, 'accept-encoding': 'identity' },
      lookup: checkedLookup(settings, url),
      ...(secure ? options.request.tls : undefined),
      signal: options.signal,
      timeout: options.idleMs,
    });
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('idle'), { code: 'ETIMEDOUT' })));
    sent.on('response', resolve);
    sent.on('error', (error) => reject(sent.reusedSocket ? Object.assign(error, { staleSocket: true }) : error));
    sent.end(options.request.body);
  });
}

/** Resolves and checks in one: what was checked is what is connected to, so a name cannot change its answer in between. */
function checkedLookup(settings: ExchangeSettings, url: URL): LookupFunction {
  const destination = { host: url.hostname, port: portOf(url) };
  return (host, options, callback) => {
    settings.resolve(host).then(
      (addresses) => {
        const permitted = addresses.filter(({ address }) => settings.rules.permits(destination, address));
        const first = permitted[0];
        if (first === undefined) callback(addresses.length === 0 ? notFound(host) : addressRefused(url), '', 0);
        else if (options.all) callback(null, [...permitted]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error instanceof Error ? error : notFound(host), '', 0),
    );
  };
}

function addressRefused(url: URL): Failure {
  return new Failure(
    'addressRefused',
    `${url.host} has a private, loopback or reserved address, which outgoing calls may not reach; WAYBILL_OUTBOUND_ALLOW can name it`,
    { details: { host: url.host } },
  );
}

function notFound(host: string): Error {
  return Object.assign(new Error(`no address for ${host}`), { code: 'ENOTFOUND' });
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

/** A kept-alive socket that the server closed while it was idle: nothing was answered, so a read may be asked again. */
function isStaleSocket(error: unknown): boolean {
  const code = codeOf(error);
  return error instanceof Error && 'staleSocket' in error && (code === 'ECONNRESET' || code === 'EPIPE');
}

function isRepeatable(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
