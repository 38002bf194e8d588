import { z } from 'zod';
import type { DeliveredEvent, RawDelivery } from '../domain/delivery.ts';
import { parseReference, type Reference } from '../domain/reference.ts';
import { bearerToken, verifyRs256 } from './bearer-token.ts';
import { someText } from './body-text.ts';
import { bodyKey, imageEvent } from './image-event.ts';
import { proven } from './proven.ts';
import { type JsonBody, parseTime, readJson } from './read-json.ts';
import { textSetting } from './read-settings.ts';
import type { Parsed, ProofContext, ReceiverType } from './receiver-type.ts';

const googleKeys = 'https://www.googleapis.com/oauth2/v3/certs';
const issuers: readonly unknown[] = ['https://accounts.google.com', 'accounts.google.com'];
/** Between their clock and ours. */
const skewMs = 60_000;

/** cloud.google.com/pubsub/docs/push, "Receive messages"; with payload unwrapping the body is the inner JSON alone. */
const Push = z.object({
  message: z
    .object({
      data: z.string().max(1_000_000).nullish(),
      messageId: someText,
      message_id: someText,
      publishTime: someText,
    })
    .nullish(),
  action: someText,
  digest: someText,
  tag: someText,
});
/** cloud.google.com/artifact-registry/docs/configure-notifications. */
const Change = z.object({ action: someText, digest: someText, tag: someText });

const Settings = z.strictObject({
  audience: z.string('must be what the push subscription has as its audience').min(1).max(1024),
  serviceAccount: z.string('must be the e-mail of the account that the push subscription signs as').min(3).max(320),
  jwksUrl: z.string().max(1024).refine(isKeyUrl, 'must be an https URL (http only on a loopback address)').optional(),
});

/** Google Artifact Registry, by a push subscription of Pub/Sub that authenticates. */
export const gar: ReceiverType = {
  type: 'gar',
  bodyTypes: ['application/json'],
  proof: 'own',
  takesSecret: false,
  settings: Settings.transform(({ jwksUrl, ...rest }) => (jwksUrl === undefined ? rest : { ...rest, jwksUrl })),
  secretFault: () => 'is not for gar: public keys prove it',
  keysNeeded: (raw, context) =>
    isMeant(raw, context) ? { kind: 'jwks', url: textSetting(context.settings, 'jwksUrl') ?? googleKeys } : undefined,
  verify(raw, context) {
    const token = bearerToken(raw);
    if (token === undefined || !isMeant(raw, context) || context.keys === undefined) return undefined;
    return verifyRs256(token, context.keys) ? proven(raw, { signed: true, unsignedBody: true }) : undefined;
  },
  parse(delivery) {
    const read = readJson(delivery.body, Push);
    if (read.kind === 'malformed') return read;
    const { message, ...plain } = read.value;
    const id = message ? (message.messageId ?? message.message_id) : delivery.headers['x-goog-pubsub-message-id'];
    const inner: JsonBody<z.infer<typeof Change>> = message
      ? readJson(Buffer.from(message.data ?? '', 'base64'), Change)
      : { kind: 'ok', value: plain };
    if (inner.kind === 'malformed') return { kind: 'malformed', message: `message.data: ${inner.message}` };
    const time = message ? message.publishTime : delivery.headers['x-goog-pubsub-publish-time'];
    const parsed = parseChange(inner.value, parseTime(time ?? undefined));
    return parsed.kind === 'malformed' ? parsed : { ...parsed, key: id ? `id:${id}` : bodyKey(delivery.body) };
  },
};

/** All that a token says, before anybody is asked for keys. */
function isMeant(raw: RawDelivery, { settings, now }: ProofContext): boolean {
  const claims = bearerToken(raw)?.claims;
  if (claims === undefined) return false;
  const { iss, aud, email, email_verified: verified, exp, iat } = claims;
  const isInTime = typeof exp === 'number' && exp * 1000 > now - skewMs;
  const isNotEarly = iat === undefined || (typeof iat === 'number' && iat * 1000 <= now + skewMs);
  const isOurs = aud === settings.audience && email === settings.serviceAccount && verified === true;
  return issuers.includes(iss) && isOurs && isInTime && isNotEarly;
}

function parseChange({ action, digest, tag }: z.infer<typeof Change>, at: number | undefined): Parsed {
  const kind = action === 'INSERT' ? 'push' : action === 'DELETE' ? 'delete' : undefined;
  if (kind === undefined) return { kind: 'events', events: [] };
  const references = [digest, tag].flatMap((text) => (text ? [parseReference(text)] : []));
  const repositories = new Set(references.map((reference) => reference?.repository));
  const [repository] = repositories;
  if (repositories.size > 1 || (references.length > 0 && repository === undefined))
    return { kind: 'malformed', message: 'digest and tag must be references to one repository.' };
  if (repository === undefined) return { kind: 'events', events: [] };
  const one = (part: 'tag' | 'digest') =>
    references.map((reference: Reference | undefined) => reference?.[part]).find(Boolean);
  const events: readonly DeliveredEvent[] = imageEvent(kind, {
    repository,
    tag: one('tag'),
    digest: one('digest'),
    at,
  });
  return { kind: 'events', events };
}

function isKeyUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLoopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url?.hostname ?? '');
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback);
}
