/** One page of a list; `next` is an opaque cursor, absent on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string;
}

export interface PageRequest {
  readonly cursor?: string;
  /** 1 to 200. */
  readonly limit: number;
}
