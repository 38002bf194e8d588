import type { Problem } from '../contracts/problem.ts';
import type { InputFault } from '../contracts/schema.ts';

export interface ProblemOptions {
  readonly errors?: readonly InputFault[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** RFC 9110 names of the statuses that we answer. */
export const statusTitles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
};

/** An answer that is not a success. Thrown by the doors only; flows answer values and Failures. */
export class HttpProblem extends Error {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'HttpProblem';
    this.headers = options.headers ?? {};
    this.problem = {
      type: 'about:blank',
      title: statusTitles[status] ?? 'Error',
      status,
      detail,
      code,
      ...(options.errors === undefined ? {} : { errors: options.errors.map((fault) => ({ ...fault })) }),
    };
  }
}

export interface InvalidOptions {
  /** What was invalid: default `The body`. */
  readonly what?: string;
  /** Default: the first code that a fault brings, else `invalid`. */
  readonly code?: string;
}

/** 422 with every fault and its path. */
export function invalidProblem(
  errors: readonly (InputFault & { readonly code?: string })[],
  { what = 'The body', code }: InvalidOptions = {},
): HttpProblem {
  const [first] = errors;
  const detail = `${what} is understood but invalid: ${first === undefined ? 'see errors' : describeFault(first)}`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more, see errors)` : '';
  const named = code ?? errors.find((fault) => fault.code !== undefined)?.code ?? 'invalid';
  // What flows call invalidInput is the same to whoever sent it.
  return new HttpProblem(422, named === 'invalidInput' ? 'invalid' : named, `${detail}${more}`, { errors });
}

function describeFault(fault: InputFault): string {
  return fault.path === '' ? fault.message : `${fault.path}: ${fault.message}`;
}

/** Also for what the caller may not see. */
export function notFoundProblem(what: string): HttpProblem {
  return new HttpProblem(404, 'notFound', `There is no ${what} here that you may see.`);
}

/** The caller may know of it, but not do this. */
export function forbiddenProblem(message: string): HttpProblem {
  return new HttpProblem(403, 'forbidden', message);
}
