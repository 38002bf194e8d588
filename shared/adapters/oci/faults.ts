import { Failure, type FailureCode } from '../../domain/failure.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import type { Registry } from './registry.ts';

/** What was asked for, for a message; `missing` is what a 404 means. */
export interface Asked {
  readonly registry: Registry;
  /** E.g. `manifest 1.0 of registry.test/shop`. */
  readonly what: string;
  readonly missing: 'manifestUnknown' | 'blobUnknown' | 'repositoryUnknown';
  /** Who answered, if not the registry: a token realm. */
  readonly realm?: string;
}

export interface RefusedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As far as it was read. */
  readonly body: Uint8Array;
  /** Host of a token realm that may not have the account's credentials and so was asked without. */
  readonly withheldFrom?: string;
}

/** Codes of the distribution API that say more than the status does. */
const codeTable: Readonly<Record<string, FailureCode>> = {
  MANIFEST_BLOB_UNKNOWN: 'blobUnknown',
  BLOB_UNKNOWN: 'blobUnknown',
  DIGEST_INVALID: 'digestMismatch',
  // Of registries whose tags can be made immutable.
  TAG_ALREADY_EXISTS: 'tagExists',
  ImageTagAlreadyExistsException: 'tagExists',
};

/** An answer that is no success, as the Failure that the port promises. `now` in epoch ms, for a Retry-After that is a date. */
export function statusFailure(answer: RefusedAnswer, asked: Asked, now: number): Failure {
  const said = errorCode(answer.body);
  const retryAfterMs = retryAfter(answer.headers['retry-after'], now);
  const details = {
    status: answer.status,
    ...(said === undefined ? {} : { said }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  const answered = `${asked.realm ?? asked.registry.name} answered ${answer.status}${said === undefined ? '' : ` ${said}`}`;
  return failureOf(answer, asked, { answered, said, details });
}

function failureOf(
  answer: RefusedAnswer,
  asked: Asked,
  told: { readonly answered: string; readonly said?: string; readonly details: Readonly<Record<string, unknown>> },
): Failure {
  const { status } = answer;
  const { details } = told;
  const message = `${whatWasAsked(asked)}: ${told.answered}`;
  if (status === 401 || status === 403) {
    const failed = asked.registry.withheld ? 'accountNotPermitted' : 'registryDenied';
    return new Failure(failed, `${message}${accountHint(answer, asked.registry)}`, { details });
  }
  const code = isImmutableTag(answer.body, told.said) ? 'tagExists' : codeOf(told.said);
  if (status >= 400 && status < 500 && code !== undefined) return new Failure(code, message, { details });
  if (status === 404) {
    // Many registries say so of what somebody may not see.
    return new Failure(asked.missing, `${message}${asked.registry.withheld ? withheldHint : ''}`, { details });
  }
  if (status === 412) return new Failure('tagExists', message, { details });
  return new Failure('registryUnavailable', message, {
    details,
    retryable: status >= 500 || [408, 429].includes(status),
  });
}

function codeOf(said: string | undefined): FailureCode | undefined {
  return said !== undefined && Object.hasOwn(codeTable, said) ? codeTable[said] : undefined;
}

/** TAG_INVALID is a name that is no tag, and ECR's answer for a tag that stands and cannot be moved: only its text says which. */
function isImmutableTag(body: Uint8Array, said: string | undefined): boolean {
  return said === 'TAG_INVALID' && /immutable|already exists/i.test(Buffer.from(body).toString());
}

/** A fault of the outbound client in the words of this port; other Failures pass. */
export function transportFailure(error: unknown, what: string): unknown {
  if (!(error instanceof Failure) || error.code !== 'outboundUnavailable') return error;
  return new Failure('registryUnavailable', `${what}: ${error.message}`, { cause: error, details: error.details });
}

const withheldHint = '; there is an account for it, and its readers name no owner of the pipeline';

/** A digest that others looked up with the account is not told to who may not use it. */
function whatWasAsked({ what, registry }: Asked): string {
  return registry.withheld ? what.replace(/ sha256:[0-9a-f]{64}/, '') : what;
}

/** Without the account's name: what is said here is read by pipelines of all who were asked for. */
function accountHint(answer: RefusedAnswer, registry: Registry): string {
  if (registry.withheld) return withheldHint;
  if (answer.withheldFrom !== undefined) {
    return `; its account was not used, for the account's authHost is not ${answer.withheldFrom}`;
  }
  return registry.credentials === undefined ? '; there is no account with credentials for it' : '';
}

/** Only a code that looks like one: the rest of an error's text is the registry's, and unbounded. */
function errorCode(body: Uint8Array): string | undefined {
  const errors = fieldOf(parseJson(body), 'errors');
  const code = Array.isArray(errors) ? fieldOf(errors[0], 'code') : undefined;
  return typeof code === 'string' && /^[A-Za-z_]{1,64}$/.test(code) ? code : undefined;
}

function fieldOf(value: Json | undefined, name: string): Json | undefined {
  return isJsonObject(value) ? value[name] : undefined;
}

/** JSON of an answer; undefined if it is none. */
export function parseJson(body: Uint8Array): Json | undefined {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

const maxRetryAfterMs = 3_600_000;

/** RFC 9110 section 10.2.3: seconds or an HTTP date. */
function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const wait = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(0, wait), maxRetryAfterMs) : undefined;
}
