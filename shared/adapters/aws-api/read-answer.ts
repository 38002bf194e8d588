import { ApiError } from '../../domain/api-error.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Answer } from './exchange.ts';

/** What an answer holds; throws the ApiError that it is, also where a 200 is no JSON object. */
export function readAnswer({ status, headers, body }: Answer): JsonObject {
  const answer = parseObject(body);
  if (status >= 200 && status < 300) {
    if (answer !== undefined || body === '') return answer ?? {};
    throw new ApiError('UnreadableAnswer', 'The answer is no JSON object.', { status: 502, answer: {} });
  }
  const name = errorName(headers['x-amzn-errortype'] ?? answer?.__type ?? answer?.code);
  const message = answer?.message ?? answer?.Message;
  throw new ApiError(name ?? `Status${status}`, typeof message === 'string' ? message : '', {
    status,
    answer: answer ?? {},
  });
}

/** Of `com.amazonaws.dynamodb.v20120810#Name`, `Name` and `Name:http://…` alike the name (aws.protocols#awsJson1_0). */
function errorName(said: Json | undefined): string | undefined {
  if (typeof said !== 'string') return undefined;
  return said.split(':', 1)[0]?.split('#').at(-1) || undefined;
}

function parseObject(body: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(body);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
