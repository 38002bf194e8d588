import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Artifact } from '../domain/artifact.ts';
import { normaliseArtifact } from '../domain/artifact-identity.ts';
import type { VerifiedDelivery, WebhookEvent } from '../domain/delivery.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { readJson } from './read-json.ts';
import { textSetting } from './read-settings.ts';
import type { ReceiverType } from './receiver-type.ts';
import { secretHeaderFault, verifySecretHeader } from './secret-header.ts';
import { verifyStandardWebhook, webhookSecretFault } from './standard-webhooks.ts';

const maxArtifacts = 100;
const maxParameters = 100;
/** Deeper bodies are nobody's: what walks them walks by calling itself. */
const maxDepth = 64;

const word = z.string().min(1).max(1024).regex(/\S/, 'must not be blank');
/** RFC 9110's token; what carries the body's own meaning cannot carry a secret. */
const headerName = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be standardWebhooks, header or the name of a header')
  .refine((name) => !/^(content-|host$|connection$)/i.test(name), 'must be a header that may hold a secret');

/** Any JSON object of any system: what waits for it are `triggers` of its type and source. */
export const webhook: ReceiverType = {
  type: 'webhook',
  bodyTypes: ['application/json', 'application/cloudevents+json', 'text/json'],
  proof: 'own',
  settings: z.strictObject({
    source: word,
    eventType: word
      .refine((type) => type.toLowerCase() !== 'docker', 'is the type of triggers that wait for pushes')
      .default('webhook'),
    proof: headerName.default('standardWebhooks'),
    /** Groups whose pipelines may hear what this sender says. */
    readers: z.array(z.string().min(1).max(128)).min(1).max(100).optional(),
  }),
  secretFault: (secret, settings) =>
    proofHeader(settings) === undefined ? webhookSecretFault(secret) : secretHeaderFault(secret),
  verify(raw, { secrets, settings, now }) {
    const header = proofHeader(settings);
    return header === undefined ? verifyStandardWebhook(raw, secrets, now) : verifySecretHeader(raw, header, secrets);
  },
  parse(delivery, { settings }) {
    const read = readJson(delivery.body, z.unknown());
    if (read.kind === 'malformed') return read;
    const { value } = read;
    if (!isPayload(value)) return { kind: 'malformed', message: 'The body must be a JSON object.' };
    if (!isShallow(value))
      return { kind: 'malformed', message: `The body is nested deeper than ${maxDepth} objects and lists.` };
    return { kind: 'events', events: [webhookEvent(value, settings)], key: keyOf(delivery) };
  },
};

/** In lower case; undefined = Standard Webhooks. */
function proofHeader(settings: JsonObject): string | undefined {
  const proof = (textSetting(settings, 'proof') ?? 'standardWebhooks').toLowerCase();
  if (/^standard-?_?webhooks?$/.test(proof)) return undefined;
  return proof === 'header' ? 'authorization' : proof;
}

function isPayload(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Level by level, so that a deep body is seen to be one without being followed. */
function isShallow(payload: JsonObject): boolean {
  let level: readonly Json[] = [payload];
  for (let depth = 0; depth < maxDepth && level.length > 0; depth++) {
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values<Json>(value) : []));
  }
  return level.length === 0;
}

function webhookEvent(payload: JsonObject, settings: JsonObject): WebhookEvent {
  const unread: string[] = [];
  const artifacts = readArtifacts(own(payload, 'artifacts'), unread);
  const parameters = readParameters(own(payload, 'parameters'), unread);
  return {
    kind: 'webhook',
    type: textSetting(settings, 'eventType') ?? 'webhook',
    source: textSetting(settings, 'source') ?? '',
    payload,
    artifacts,
    parameters,
    ...(Array.isArray(settings.readers) ? { readers: settings.readers.filter(isText) } : {}),
    ...(unread.length === 0 ? {} : { unread: unread.slice(0, 10) }),
  };
}

/** Other systems have lists of that name too: what is no artifact is left out, and said. */
function readArtifacts(value: Json | undefined, unread: string[]): readonly Artifact[] {
  if (!Array.isArray(value)) return [];
  if (value.length > maxArtifacts) unread.push(`Of ${value.length} artifacts the first ${maxArtifacts} were read.`);
  return value.slice(0, maxArtifacts).flatMap((one: Json, index: number) => {
    const normal = isJsonObject(one) ? normaliseArtifact(one, sha1) : undefined;
    if (normal?.kind === 'ok') return [normal.artifact];
    const [fault] = normal?.errors ?? [];
    const why = fault === undefined ? 'is no object' : `${fault.path} ${fault.message}`;
    unread.push(`artifacts[${index}] was not read: ${why.slice(0, 200)}.`);
    return [];
  });
}

function readParameters(value: Json | undefined, unread: string[]): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  const entries = Object.entries(value).slice(0, maxParameters);
  const texts = entries.flatMap(([name, one]): readonly (readonly [string, string])[] => {
    if (typeof one === 'string') return [[name, one]];
    if (typeof one === 'number' || typeof one === 'boolean') return [[name, String(one)]];
    unread.push(`Parameter ${name.slice(0, 64)} was not read: it is no text.`);
    return [];
  });
  return Object.fromEntries(texts);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function own(payload: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(payload, key) ? payload[key] : undefined;
}

/** The sender's own id; else the body where it can tell one call from the next, by a digest or a time in it (design 4). */
function keyOf({ senderId, headers, body }: VerifiedDelivery): string | undefined {
  const id = senderId ?? headers['webhook-id'] ?? headers['idempotency-key'];
  if (id !== undefined && /^[\x21-\x7e]{1,256}$/.test(id)) return `id:${id}`;
  const text = new TextDecoder().decode(body);
  const tells = /[0-9a-f]{64}|\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d/.test(text);
  return tells ? `body:${createHash('sha256').update(body).digest('hex')}` : undefined;
}

function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}
