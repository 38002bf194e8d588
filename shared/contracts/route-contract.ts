import type { Schema } from './schema.ts';

export const methods = ['GET', 'PUT', 'POST', 'DELETE'] as const;
export type Method = (typeof methods)[number];

/** Who may call: everybody, every token, operators and admins, admins only. Finer rules (owners, readers) are the flows'. */
export type Access = 'public' | 'caller' | 'operator' | 'admin';

/** How a body is read. `json`: parsed and checked by the schema. `bytes`: handed on as sent, with its media type. */
export type BodyContract<B> =
  | {
      readonly kind: 'json';
      readonly schema: Schema<B>;
      readonly maxBytes?: number;
      /** No body at all reads as `{}`. */
      readonly optional?: boolean;
    }
  | {
      readonly kind: 'bytes';
      // `*/*` takes anything, also no type at all.
      readonly mediaTypes: readonly string[];
      readonly maxBytes: number;
      /** What the bytes say, for OpenAPI only. */
      readonly describedBy?: Schema<unknown>;
    };

export interface AnswerContract {
  readonly description: string;
  /** Absent: no body. */
  readonly schema?: Schema<unknown>;
  /** Default application/json. */
  readonly mediaType?: string;
}

/** What others see of one line of the API. */
export interface RouteContract<Q = unknown, B = unknown> {
  readonly method: Method;
  /** `/v1/pipelines/{name}` */
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  readonly access: Access;
  readonly query?: Schema<Q>;
  readonly body?: BodyContract<B>;
  /** By status; every route may answer problems besides. */
  readonly answers: Readonly<Record<number, AnswerContract>>;
  /** Answers ETag and honours If-None-Match. */
  readonly conditional?: boolean;
}
