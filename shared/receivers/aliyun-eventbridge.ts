import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import type { RawDelivery } from '../domain/delivery.ts';
import { parseAcrEvent } from './aliyun-acr-event.ts';
import { isCertificateUrl } from './aliyun-certificate-url.ts';
import { proven } from './proven.ts';
import { textSetting } from './read-settings.ts';
import type { ProofContext, ReceiverType } from './receiver-type.ts';
import { isOneOf, secretHeaderFault } from './secret-header.ts';

const longestAgeMs = 60_000;
const prefix = 'x-eventbridge-';
/** In the order in which they are signed. */
const signedHeaders = ['signature-timestamp', 'hash-method', 'signature-version', 'signature-url', 'signature-token'];

const Settings = z.strictObject({
  url: z
    .string()
    .max(2048)
    .refine(isHttpUrl, 'must be the http or https URL that the event target was given')
    .optional(),
  certificate: z
    .string()
    .max(16_384)
    .refine((pem) => readKey(pem) !== undefined, 'must be a PEM certificate with an RSA key of 2048 bits or more')
    .optional(),
});

/** Alibaba Cloud EventBridge, signature version 2 (RSA over headers and body); events of the Container Registry are read. */
export const aliyunEventbridge: ReceiverType = {
  type: 'aliyun-eventbridge',
  bodyTypes: ['application/json', 'application/cloudevents+json'],
  proof: 'own',
  settings: Settings.transform((settings) => JSON.parse(JSON.stringify(settings))),
  secretFault: secretHeaderFault,
  keysNeeded: (raw, context) =>
    textSetting(context.settings, 'certificate') === undefined && isMeant(raw, context)
      ? { kind: 'certificate', url: header(raw, 'signature-url') }
      : undefined,
  verify(raw, context) {
    const key = isMeant(raw, context) ? certificateKey(context) : undefined;
    const url = textSetting(context.settings, 'url') ?? context.hookUrl;
    if (key === undefined || url === undefined) return undefined;
    const signature = Buffer.from(header(raw, 'signature-v2'), 'base64');
    return verify('RSA-SHA256', signedBytes(raw, url), key, signature) ? proven(raw, { signed: true }) : undefined;
  },
  parse: parseAcrEvent,
};

function header({ headers }: RawDelivery, name: string): string {
  return headers[`${prefix}${name}`] ?? '';
}

/** Everything but the signature, before anybody is asked for a certificate: above all the token, which only the sender knows. */
function isMeant(raw: RawDelivery, { secrets, settings, now }: ProofContext): boolean {
  const at = header(raw, 'signature-timestamp');
  const isInTime = /^[0-9]{13}$/.test(at) && Math.abs(now - Number(at)) <= longestAgeMs;
  const isVersion = header(raw, 'hash-method') === 'SHA256' && header(raw, 'signature-version') === '1.0';
  const isToken = isOneOf(header(raw, 'signature-token'), secrets);
  // A configured certificate makes the sender's word about it superfluous; it is signed all the same.
  const isUrl = textSetting(settings, 'certificate') !== undefined || isCertificateUrl(header(raw, 'signature-url'));
  return isToken && isInTime && isVersion && isUrl;
}

function signedBytes(raw: RawDelivery, url: string): Buffer {
  const lines = signedHeaders.map((name) => `${prefix}${name}: ${header(raw, name)}`);
  return Buffer.concat([Buffer.from(`${[url, ...lines].join('\n')}\n`), raw.body]);
}

/** By the bytes of a fetched certificate, or the settings that hold one: both live as long as their cache. */
const readCertificates = new WeakMap<object, KeyObject>();

function certificateKey({ settings, keys }: ProofContext): KeyObject | undefined {
  const own = textSetting(settings, 'certificate');
  const source = own === undefined ? keys : settings;
  if (source === undefined) return undefined;
  const known = readCertificates.get(source) ?? readKey(own ?? new TextDecoder().decode(keys));
  if (known !== undefined) readCertificates.set(source, known);
  return known;
}

function readKey(pem: string): KeyObject | undefined {
  if (pem.includes('PRIVATE KEY')) return undefined;
  try {
    const key = createPublicKey(pem);
    const isStrong = (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
    return key.asymmetricKeyType === 'rsa' && isStrong ? key : undefined;
  } catch {
    return undefined;
  }
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
