import type { JsonObject } from './json.ts';

/** A called service's error, in the form that the AWS SDK gives it: the service's word for it as its name. */
export class ApiError extends Error {
  readonly $metadata: { readonly httpStatusCode: number };
  /** The answer's body; {} where it was no JSON object. */
  readonly answer: JsonObject;

  constructor(name: string, message: string, said: { readonly status: number; readonly answer: JsonObject }) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode: said.status };
    this.answer = said.answer;
  }
}
