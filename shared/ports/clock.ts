/** Time and randomness are handed in, so that tests decide both. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export interface Randomness {
  /** Lower-case hex of `bytes` random bytes. */
  hex(bytes: number): string;
}

/** SHA-256 as lower-case hex. Pure, but the domain has no crypto of its own. */
export type Sha256 = (data: string | Uint8Array) => string;

/** SHA-1, only for UUIDv5 (RFC 9562): the name of an artifact, never a proof of its bytes. */
export type Sha1 = (data: Uint8Array) => Uint8Array;

/** Where flows say what happened. Fields never hold headers, query strings, bodies or secrets. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
