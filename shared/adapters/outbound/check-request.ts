import { Failure } from '../../domain/failure.ts';
import type { OutboundRequest } from '../../ports/outbound.ts';

const maxUrlLength = 8192;
const refusedMethods = new Set(['CONNECT', 'TRACE']);

/** They belong to the connection: a request that sets them could make two servers read it differently. */
const connectionHeaders = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The request's URL, or Failure outboundRefused that says what was wrong and never repeats a query or a header's value. */
export function checkRequest(request: OutboundRequest): URL {
  if (request.url.length > maxUrlLength) throw refused(`a URL may have at most ${maxUrlLength} characters`);
  if (!URL.canParse(request.url)) throw refused('not a URL');
  const url = new URL(request.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refused(`only http and https are called, not ${url.protocol.slice(0, 20)}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw refused(`the URL for ${url.host} holds credentials; use an account`);
  }
  if (!/^[A-Z]{1,20}$/.test(request.method) || refusedMethods.has(request.method)) {
    throw refused(`${url.host} cannot be asked with that method`);
  }
  for (const [name, value] of Object.entries(request.headers ?? {})) checkHeader(url.host, name, value);
  return url;
}

function checkHeader(host: string, name: string, value: string): void {
  if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(name)) throw refused(`a header for ${host} has an invalid name`);
  if (connectionHeaders.has(name.toLowerCase())) throw refused(`header ${name} for ${host} may not be set`);
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw refused(`header ${name} for ${host} has invalid characters`);
}

function refused(message: string): Failure {
  return new Failure('outboundRefused', message);
}
