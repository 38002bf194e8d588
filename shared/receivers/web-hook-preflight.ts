import type { RawDelivery } from '../domain/delivery.ts';
import type { Handshake } from './receiver-type.ts';

/**
 * CloudEvents HTTP 1.1 Web Hooks, section 4 (abuse protection): OPTIONS asks, naming itself, whether it may send here at all.
 * Whoever knows the hook's URL may; what it sends has to prove itself.
 */
export function webHookPreflight({ headers }: RawDelivery): Handshake | undefined {
  const origin = headers['webhook-request-origin'] ?? '';
  if (!/^[A-Za-z0-9*](?:[A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$/.test(origin)) return undefined;
  const rate = /^[0-9]{1,9}$/.test(headers['webhook-request-rate'] ?? '')
    ? [['webhook-allowed-rate', '*'] as const]
    : [];
  return { status: 200, headers: { allow: 'POST', 'webhook-allowed-origin': origin, ...Object.fromEntries(rate) } };
}
