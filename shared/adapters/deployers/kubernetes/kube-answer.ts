import type { ResponseContext } from '@kubernetes/client-node';
import { Failure } from '../../../domain/failure.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../domain/json.ts';

/** What was asked about, for who reads the failure. */
export interface About {
  readonly what: string;
  /** Not being there is an answer. */
  readonly mayMiss?: boolean;
  /** The server's words are not repeated. */
  readonly isSecret?: boolean;
}

/** The object that the API server answered; undefined where it is not there and may be missing. Failures: see kubeFailure. */
export async function readAnswer(answer: ResponseContext, about: About): Promise<JsonObject | undefined> {
  const body = await answer.body.text();
  const { httpStatusCode: status } = answer;
  if (status === 404 && about.mayMiss === true) return undefined;
  const value = status >= 200 && status < 300 ? parse(body) : undefined;
  if (!isJsonObject(value)) throw kubeFailure({ status, body }, about);
  return value;
}

/** A refusal as a Failure with the message of the server's Status (kubernetes.io/docs/reference/kubernetes-api/common-definitions/status). */
export function kubeFailure(
  answer: { readonly status: number; readonly body: unknown },
  { what, isSecret }: About,
): Failure {
  const { status, body } = answer;
  const told = isSecret === true ? '' : messageOf(body);
  const said = `${what}: the cluster answered ${status}${told === '' ? '.' : `: ${told}`}`;
  if (status === 401 || status === 403) return new Failure('targetDenied', `${said} Check the account of the cluster.`);
  if (status === 404) return new Failure('targetNotFound', said);
  // 409: it was deleted, or another write came between: what holds then is read anew.
  const isPassing = status === 409 || status === 429 || status >= 500;
  return new Failure(isPassing ? 'targetUnavailable' : 'targetRefused', said);
}

function messageOf(body: unknown): string {
  const value: unknown = typeof body === 'string' ? parse(body) : body;
  if (typeof value !== 'object' || value === null || !('message' in value)) return '';
  return typeof value.message === 'string' ? value.message.slice(0, 500) : '';
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
