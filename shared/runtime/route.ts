import type { RouteContract } from '../contracts/route-contract.ts';
import type { Caller } from '../domain/caller.ts';
import type { Ports } from '../ports/ports.ts';

/** One request, checked. */
export interface ApiCall<Q, B> {
  readonly caller: Caller;
  /** Path parameters, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Q;
  /** `bytes` bodies: a Uint8Array. */
  readonly body: B;
  readonly mediaType: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

export interface ApiAnswer {
  readonly status: number;
  /** Answered as JSON; text is answered as it is. */
  readonly body?: object | string;
  /** Instead of `body`: answered as they are, application/octet-stream unless `mediaType` says otherwise. */
  readonly bytes?: Uint8Array;
  readonly mediaType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One line of the API: the router and OpenAPI are made of these and of nothing else. */
export interface Route<Q = unknown, B = unknown> extends RouteContract<Q, B> {
  /** As a method, so that routes of different bodies fit in one table. */
  handle(ports: Ports, call: ApiCall<Q, B>): Promise<ApiAnswer>;
}

/** Ties the types of a route's schemas to its handler. */
export function route<Q, B>(definition: Route<Q, B>): Route {
  return definition;
}

/** A route whose body is bytes. */
export function bytesRoute<Q>(definition: Route<Q, Uint8Array>): Route {
  return definition;
}
