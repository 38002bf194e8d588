import type { JsonObject } from '../domain/json.ts';

/**
 * One service of AWS that speaks its JSON protocol. Rejects with an ApiError, or, without an answer, with an Error that has the
 * system's `code`. What may pass by itself has been tried again by then.
 */
export interface AwsApi {
  /** `operation` is the service's own name for it, `input` its parameters; binary ones are in base64, as in the answer. */
  call(operation: string, input: object): Promise<JsonObject>;
}
