import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../../shared/domain/caller.ts';

/** What the holder of a request may do. Repositories come without host. */
export type RegistryAccess =
  | {
      readonly kind: 'allowed';
      /** The token's subject; absent without login. */
      readonly subject?: string;
      mayPush(repository: string): boolean | Promise<boolean>;
      mayPull(repository: string): boolean | Promise<boolean>;
    }
  | { readonly kind: 'unauthorized' };

export interface AccessRequest {
  /** What the service listens on, as configured. */
  readonly bindAddress: string;
  readonly peerAddress: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export interface AccessRights {
  /** undefined = no such token. */
  authenticate(token: string): Promise<Caller | undefined>;
  mayPush(caller: Caller, repository: string): boolean | Promise<boolean>;
  mayPull(caller: Caller, repository: string): boolean | Promise<boolean>;
}

/**
 * Contract 4: without login only on loopback from end to end; else Basic, whose password is a token and whose user name is not looked
 * at. A login that is given is checked also on loopback, since the pusher's name counts for approvals.
 */
export async function decideRegistryAccess(request: AccessRequest, rights: AccessRights): Promise<RegistryAccess> {
  const login = request.headers.authorization;
  if (login === undefined) {
    return isLoopbackThroughout(request)
      ? { kind: 'allowed', mayPush: () => true, mayPull: () => true }
      : { kind: 'unauthorized' };
  }
  const token = basicPassword(login);
  const caller = token === undefined ? undefined : await rights.authenticate(token);
  if (caller === undefined) return { kind: 'unauthorized' };
  return {
    kind: 'allowed',
    subject: caller.subject,
    mayPush: (repository) => rights.mayPush(caller, repository),
    mayPull: (repository) => rights.mayPull(caller, repository),
  };
}

/** No browser page (Origin), no proxy (Forwarded, X-Forwarded-*, Via) and no name that merely resolves to loopback (Host). */
export function isLoopbackThroughout(request: AccessRequest): boolean {
  const { headers } = request;
  const passedOn = Object.keys(headers).some((name) => /^(?:origin|forwarded|via|x-forwarded-.*)$/i.test(name));
  return (
    !passedOn &&
    isLoopbackHost(request.bindAddress) &&
    isLoopbackHost(request.peerAddress ?? '') &&
    isLoopbackHost(hostName(headers.host ?? ''))
  );
}

function hostName(host: string): string {
  const parts = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.exec(host);
  return parts?.[1]?.replace(/^\[|\]$/g, '') ?? '';
}

function isLoopbackHost(host: string): boolean {
  const octets = /^(?:::ffff:)?127\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/i.exec(host)?.slice(1);
  if (octets !== undefined) return octets.every((octet) => Number(octet) <= 255);
  return host === '::1' || host.toLowerCase() === 'localhost';
}

function basicPassword(header: string): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(header.trim())?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const password = colon < 0 ? '' : text.slice(colon + 1);
  return password === '' ? undefined : password;
}
