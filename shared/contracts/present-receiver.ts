import type { Receiver } from '../domain/receiver.ts';
import { presentOptionalTime, presentTime } from './present-time.ts';

type Shown = Receiver & { readonly url: string };

export function presentReceiver(receiver: Shown) {
  const { name, type, url, repositories, registry, allowUnsigned, settings, createdAt } = receiver;
  const told = Object.keys(settings).length === 0 ? undefined : settings;
  return { name, type, url, repositories, registry, allowUnsigned, settings: told, createdAt: presentTime(createdAt) };
}

export function presentListedReceiver(receiver: Shown & { readonly lastDeliveryAt?: number }) {
  const { lastDeliveryAt, failures, refusedProofs, gaps = 0, lastGapAt = 0 } = receiver;
  const counts = {
    lastDeliveryAt: presentOptionalTime(lastDeliveryAt),
    failures,
    refusedProofs,
    gaps: gaps === 0 ? undefined : { count: gaps, lastAt: presentTime(lastGapAt) },
  };
  return { ...presentReceiver(receiver), ...counts };
}
