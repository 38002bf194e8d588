export interface OutboundRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Whole exchange, ms; default 30,000. */
  readonly timeoutMs?: number;
  /** Failure tooLarge beyond it; default 4 MiB. */
  readonly maxBytes?: number;
  /** Default 5; 0 = a redirect is an answer. Each target's address is checked; `authorization` is dropped across hosts. */
  readonly maxRedirects?: number;
  /** PEM texts: whom to trust instead of the public authorities, and the certificate and key to show. https only. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface OutboundAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly url: string;
}

/** The one door out. Private, loopback and link-local addresses are refused (addressRefused) unless allowed by setting. */
export interface Outbound {
  request(request: OutboundRequest): Promise<OutboundAnswer>;
  /** The same with the body as a stream; `maxBytes` still counts. */
  stream(
    request: OutboundRequest,
  ): Promise<Omit<OutboundAnswer, 'body'> & { readonly body: AsyncIterable<Uint8Array> }>;
}
